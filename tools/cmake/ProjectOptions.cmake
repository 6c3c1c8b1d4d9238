# SPDX-License-Identifier: Apache-2.0
# Everything compiled here links regatta_options PRIVATE, libraries included: a sanitizer flag that
# misses the library makes a green run that checked nothing.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(REGATTA_CCACHE ccache)
if(REGATTA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${REGATTA_CCACHE})
endif()

# regatta_precompile(<target> <header>...)
#
# What most sources of a target include is parsed once. With g++ only: clang's precompiled header
# knows the folder that it was made in, and a compiler cache would hand it to another checkout.
function(regatta_precompile target)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR REGATTA_SANITIZE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${ARGN})
  if(REGATTA_CCACHE)  # which has to be told that __TIME__ is in none of them
    target_compile_options(${target} PRIVATE -fpch-preprocess)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${REGATTA_CCACHE}")
  endif()
endfunction()

# regatta_unite(<target> [ALONE <source>...] [APART <source>...])
#
# Most of a small source's time to compile goes to what it includes: eight are compiled as one, which
# builds from nothing in half the time. Their names must not collide: those in APART are together with
# each other only, eight by eight, those in ALONE with none, nor are those that have options of their
# own: call it after they were given. CMake's UNITY_BUILD includes by absolute paths, which a compiler
# cache takes for other sources in another checkout.
option(REGATTA_UNITE "Compile sources together: quicker from nothing, slower after a change" ON)
function(regatta_unite target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ALONE;APART")
  if(NOT REGATTA_UNITE)
    return()
  endif()
  # g++ takes what is a source's own for a header's, and that for a mistake.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  get_target_property(all ${target} SOURCES)
  set(together ${all})
  list(FILTER together INCLUDE REGEX "\\.cpp$")
  list(FILTER arg_APART INCLUDE REGEX "\\.cpp$")
  foreach(source IN LISTS arg_ALONE arg_APART)
    list(REMOVE_ITEM together ${source} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  endforeach()
  foreach(part IN ITEMS together arg_APART)
    set(at 0)
    foreach(source IN LISTS ${part})
      math(EXPR batch "${at} / 8")
      math(EXPR at "${at} + 1")
      get_source_file_property(definitions ${source} COMPILE_DEFINITIONS)
      get_source_file_property(options ${source} COMPILE_OPTIONS)
      if(definitions OR options)
        continue()
      endif()
      list(REMOVE_ITEM all ${source} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      cmake_path(ABSOLUTE_PATH source)
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      string(APPEND ${part}_${batch} "#include \"${source}\"\n")
      list(APPEND batches ${part}_${batch})
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES batches)
  foreach(batch IN LISTS batches)
    set(united ${CMAKE_CURRENT_BINARY_DIR}/united/${target}/${batch}.cpp)
    file(CONFIGURE OUTPUT ${united} CONTENT "${${batch}}" @ONLY)
    list(APPEND all ${united})
  endforeach()
  set_target_properties(${target} PROPERTIES SOURCES "${all}")
endfunction()

add_library(regatta_options INTERFACE)
target_include_directories(regatta_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(regatta_options INTERFACE -Wall -Wextra $<$<BOOL:${REGATTA_WERROR}>:-Werror>
  # g++ 12 sees overlapping copies inside std::string's operator+ (gcc.gnu.org/PR105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(REGATTA_SANITIZE)  # g++ 12 sees uninitialised values in sanitized std::regex (gcc.gnu.org/PR105562)
  target_compile_options(regatta_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(REGATTA_SANITIZE STREQUAL "address")
  target_compile_options(regatta_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    # clang 14 fails on some of Asio's operations: "Cannot represent a difference across sections".
    $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  target_link_options(regatta_options INTERFACE -fsanitize=address,undefined)
elseif(REGATTA_SANITIZE STREQUAL "thread")
  target_compile_options(regatta_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer
    # Asio's fences are harmless here: what they order, its own locks order as well.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  # oneTBB synchronises with instructions TSan cannot see and is reported falsely.
  target_compile_definitions(regatta_options INTERFACE REGATTA_WITHOUT_TBB)
  target_link_options(regatta_options INTERFACE -fsanitize=thread)
elseif(REGATTA_SANITIZE)
  message(FATAL_ERROR "REGATTA_SANITIZE is '${REGATTA_SANITIZE}'; it may be 'address' or 'thread'")
endif()
