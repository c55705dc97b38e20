# spi: `make demo` and `make test` do all the set-up on a Debian 12 machine.
#
#   make            install what is missing, configure, build
#   make demo       from simulated frames of melting gold to a movie of it; prints what it shows
#   make test       every test
#   make bench      benchmarks (ratios within one run), 15 minutes; with QUICK=1, 3
#   make docs       write docs/tools from the programs
#   make format     clang-format every source file

PRESET ?= release
BUILD  := build/$(PRESET)
BIN    := $(BUILD)/bin
JOBS   ?= $(shell nproc)
DEMO   ?= demo
SOURCES = find libspi models tools tests -name '*.h' -o -name '*.cpp' -o -name '*.cu'

.PHONY: all setup configure build programs demo test bench docs check-docs format check-format examples install clean
all: build

setup:
	@./.ci/install-packages

configure: setup
	@cmake --preset $(PRESET) > build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
	@rm -f build-configure.log

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

# The demo need not wait for the tests to compile.
programs: configure
	@cmake --build $(BUILD) -j $(JOBS) --target tools/all

demo: programs
	@$(MAKE) --no-print-directory -j $(JOBS) -C examples/melting BIN=$(CURDIR)/$(BIN) OUT=$(CURDIR)/$(DEMO)

# What single tests need and no user does; where it is not to be had, they are skipped. Passive waiting
# and one thread in the BLAS: tests run beside one another.
test: build
	-@./.ci/install-packages .ci/packages-of-tests
	@cd $(BUILD) && LSAN_OPTIONS=suppressions=$(CURDIR)/tests/leaks.supp:print_suppressions=0 \
	  OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive ctest --output-on-failure -j $(JOBS)

bench: build
	@tests/bench/run --bin $(BIN) --out $(BUILD)/bench $(if $(QUICK),--quick)

docs: programs
	@./.ci/tool-pages $(BIN) docs/tools

check-docs: programs
	@rm -rf $(BUILD)/tool-pages && ./.ci/tool-pages $(BIN) $(BUILD)/tool-pages
	@diff -ru docs/tools $(BUILD)/tool-pages && echo "docs/tools is what the programs print"

format:
	@$(SOURCES) | xargs clang-format -i

check-format: setup
	@$(SOURCES) | xargs clang-format --dry-run --Werror && echo "formatting holds"

examples: programs
	@rm -rf $(BUILD)/examples
	@for folder in examples/*/; do \
	  $(MAKE) --no-print-directory -C $$folder BIN=$(CURDIR)/$(BIN) OUT=$(CURDIR)/$(BUILD)/examples/$$(basename $$folder) SMALL=1 || exit 1; \
	done

install: build
	@cmake --install $(BUILD)

clean:
	@rm -rf build $(DEMO)
