# SPDX-License-Identifier: Apache-2.0
# Distribution packages only (Debian 12 names in tools/packages); nothing is downloaded.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(TBB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)  # libpq
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

find_path(REGATTA_URING_INCLUDE liburing.h)
find_library(REGATTA_URING uring)
if(NOT REGATTA_URING_INCLUDE OR NOT REGATTA_URING)
  message(FATAL_ERROR "liburing is missing: install the package liburing-dev")
endif()
add_library(regatta_uring INTERFACE)
target_include_directories(regatta_uring SYSTEM INTERFACE ${REGATTA_URING_INCLUDE})
target_link_libraries(regatta_uring INTERFACE ${REGATTA_URING})

# Asio and Beast are header-only; they stay out of our headers (see tests/lint).
add_library(regatta_asio INTERFACE)
target_link_libraries(regatta_asio INTERFACE Boost::headers OpenSSL::SSL Threads::Threads)
target_compile_definitions(regatta_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
