// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace regatta::profiling {

/// The class of a request by its first bytes: method and path, without its query, parts of the path
/// that are numbers or identifiers folded to '*': "GET /users/*". A path that is not all there ends
/// with '…'. What is not HTTP/1: "(unreadable)" for TLS, "(HTTP/2)", "(binary)", "(unnamed)" where
/// the bytes are not known. Pure.
std::string request_class_name(std::string_view first_bytes);

}  // namespace regatta::profiling
