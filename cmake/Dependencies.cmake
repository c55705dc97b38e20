# Every library that the suite stands on; their Debian packages are in .ci/packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Eigen3 REQUIRED)
if(SPI_WITH_MPI)
  find_package(MPI COMPONENTS CXX)  # where there is none, a job is one process
endif()
if(SPI_WITH_CUDA)
  find_package(CUDAToolkit REQUIRED)
endif()
find_path(SPECTRA_INCLUDE_DIR Spectra/SymEigsSolver.h REQUIRED)  # header-only
find_path(GEMMI_INCLUDE_DIR gemmi/ccp4.hpp REQUIRED)             # header-only

foreach(library fftw3 fftw3f hdf5 libdeflate libxxhash openblas)
  string(TOUPPER ${library} name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${library})
endforeach()

# LibTorch: Debian's, or another one through CMAKE_PREFIX_PATH. Not by its own TorchConfig.cmake,
# which asks for a CUDA compiler where the library has CUDA in it.
find_path(TORCH_INCLUDE_DIR torch/csrc/api/include/torch/torch.h REQUIRED)
find_library(TORCH_LIBRARY torch REQUIRED)
get_filename_component(TORCH_LIBRARY_DIR ${TORCH_LIBRARY} DIRECTORY)
set(torch_libraries)
foreach(library torch torch_cpu c10 torch_cuda c10_cuda)
  find_library(TORCH_${library} ${library} HINTS ${TORCH_LIBRARY_DIR} NO_DEFAULT_PATH)
  if(TORCH_${library})
    list(APPEND torch_libraries ${TORCH_${library}})
  endif()
endforeach()
add_library(spi_torch INTERFACE)
target_include_directories(spi_torch SYSTEM INTERFACE
  ${TORCH_INCLUDE_DIR} ${TORCH_INCLUDE_DIR}/torch/csrc/api/include)
# Nothing refers to torch_cuda by name; it registers itself where it is loaded.
target_link_libraries(spi_torch INTERFACE
  -Wl,--push-state,--no-as-needed ${torch_libraries} -Wl,--pop-state)
