// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace regatta {

// Numbers as people read them: three significant digits and a unit. Unknown is "–".
std::string show_seconds(double seconds);  ///< "12.3 ms"
std::string show_seconds(std::optional<double> seconds);
std::string show_rate(double per_second);     ///< "4,890/s"
std::string show_bytes(double bytes);         ///< "256 MiB"
std::string show_percent(double fraction);    ///< "99.5", rounded down: no promise is rounded up
std::string show_ratio(double ratio);         ///< "1.94"; beyond a million "∞"
std::string show_count(double count);         ///< "1,000", "9.82"
std::string show_whole(std::uint64_t count);  ///< "1,000", "8"

}  // namespace regatta
