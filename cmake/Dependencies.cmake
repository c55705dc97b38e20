# Every library that the suite stands on; their Debian packages are in .ci/packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Eigen3 REQUIRED)
find_path(SPECTRA_INCLUDE_DIR Spectra/SymEigsSolver.h REQUIRED)  # header-only
find_path(GEMMI_INCLUDE_DIR gemmi/ccp4.hpp REQUIRED)             # header-only

foreach(library fftw3 fftw3f hdf5 libxxhash openblas)
  string(TOUPPER ${library} name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${library})
endforeach()
