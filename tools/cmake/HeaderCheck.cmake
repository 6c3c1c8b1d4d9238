# SPDX-License-Identifier: Apache-2.0
# regatta_check_headers(<target> FOLDERS <folder>... LIBRARIES <library>...)
#
# An object library with one source per header of the folders: a header that needs another one before
# it does not build. A header that its own source includes before anything else has shown that already.
# Part of the tests build; cheap, since nothing in it is instantiated or optimised.
function(regatta_check_headers target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;LIBRARIES")
  set(sources "")
  foreach(folder IN LISTS arg_FOLDERS)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
         ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
    foreach(header IN LISTS headers)
      string(REGEX REPLACE "\\.hpp$" ".cpp" own ${PROJECT_SOURCE_DIR}/${header})
      if(EXISTS ${own})
        file(STRINGS ${own} first LIMIT_COUNT 1 REGEX "^#include")
        if(first STREQUAL "#include \"${header}\"")
          continue()
        endif()
      endif()
      set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}/${header}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n" @ONLY)
      list(APPEND sources ${source})
    endforeach()
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(${target} OBJECT ${sources})
  target_link_libraries(${target} PRIVATE regatta_options ${arg_LIBRARIES})
  target_compile_options(${target} PRIVATE -O0 -g0)
endfunction()
