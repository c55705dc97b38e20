# Writes version.cpp from version.cpp.in when the commit has changed (run at every build).
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty=+ --abbrev=10
  OUTPUT_VARIABLE SPI_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR SPI_COMMIT STREQUAL "")
  set(SPI_COMMIT unknown)
endif()
configure_file(${INPUT} ${OUTPUT} @ONLY)
