// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace regatta {

// The files of reports/html/ and the chart library, as they were when regatta was built.
std::string_view html_style();     ///< CSS
std::string_view html_script();    ///< JavaScript
std::string_view profile_style();  ///< of the page of a profile
std::string_view profile_script();
std::string_view chart_library();        ///< Chart.js, minified
std::string_view chart_library_terms();  ///< its licence

/// "sha256-…", as a content security policy names what may run.
std::string csp_hash(std::string_view content);

/// RFC 4648, padded.
std::string base64(std::string_view bytes);

}  // namespace regatta
