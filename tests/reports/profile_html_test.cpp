// SPDX-License-Identifier: Apache-2.0
#include "reports/profile_html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <string>

#include "reports/printable.hpp"
#include "reports/profile_html_parts.hpp"
#include "reports/profile_report.hpp"
#include "reports/text_table.hpp"
#include "tests/reports/sample_profiles.hpp"

namespace regatta::test {
namespace {

using namespace profiling;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// The widths of a bar's parts, of 1000.
double widths_of(const std::string& bar) {
  static const std::regex width(R"re(width="([0-9.]+)" height="10")re");
  double sum = 0;
  for (std::sregex_iterator at(bar.begin(), bar.end(), width), end; at != end; ++at) {
    sum += std::stod((*at)[1]);
  }
  return sum;
}

TEST(ProfileHtml, SaysTheWorstFirst) {
  const std::string page = render_profile_html(sample_profile());
  const auto worst = page.find("<strong>epoll 5 was blocked</strong> for 300 ms: file sync");
  ASSERT_NE(worst, page.npos);
  EXPECT_LT(worst, page.find("id=\"timeline\""));
  EXPECT_THAT(page, HasSubstr("<strong>store at db.cpp:12</strong>"));
  EXPECT_THAT(page, HasSubstr("It held up 30 requests, which waited 4.50 s in all."));
  EXPECT_THAT(page, HasSubstr("epoll 5 was blocked 6 times for 100 ms or longer, 970 ms in all"));
  EXPECT_THAT(page, HasSubstr("The process exited with code 3"));
}

TEST(ProfileHtml, NothingBlockedIsSaid) {
  profile_result profile = sample_profile();
  for (loop_profile& loop : profile.loops) loop.stretches.clear();
  const std::string page = render_profile_html(profile);
  EXPECT_THAT(page, HasSubstr("No loop was seen blocked for 100 ms or longer."));
  EXPECT_THAT(page, Not(HasSubstr("id=\"flame-graph\"")));
  EXPECT_THAT(page, HasSubstr("poll in thread 4712 was saturated 25 % of the time"));
  EXPECT_THAT(page, HasSubstr("It was found most often in parse at json.cpp:7."));
  EXPECT_THAT(render_profile_html({}), HasSubstr("No loop was found"));
}

TEST(ProfileHtml, EachLedgerSumsToTheWhole) {
  const profile_result profile = sample_profile();
  for (const blocked_stretch& stretch : profile.loops.front().stretches) {
    const auto shares = bar_shares(stretch.ledger, stretch.duration);
    std::chrono::nanoseconds sum{};
    for (const bar_share& share : shares) sum += share.time;
    EXPECT_EQ(sum, stretch.duration);
    EXPECT_NEAR(widths_of(ledger_bar(shares, "bar").html()), 1000, 0.05);
  }
  // The rest of a ledger that has one is named.
  const auto& lost = profile.loops.front().stretches.back();
  EXPECT_EQ(bar_shares(lost.ledger, lost.duration).back().name, "not told apart");
}

TEST(ProfileHtml, ShowsTheLoadBesideTheStretches) {
  const std::string page = render_profile_html(sample_driven_profile());
  EXPECT_THAT(page, HasSubstr("id=\"requests\""));
  EXPECT_THAT(page, HasSubstr("due in a stretch"));
  EXPECT_THAT(page, HasSubstr("1 timeout"));
  EXPECT_THAT(page, HasSubstr("Requests held"));
  EXPECT_THAT(render_profile_html(sample_profile()), Not(HasSubstr("id=\"requests\"")));
}

TEST(ProfileHtml, ShowsRequestsAsTheServiceSawThem) {
  const std::string page = render_profile_html(sample_served_profile());
  EXPECT_THAT(page, HasSubstr("<strong>I/O-bound</strong>. A request computes for 17 %"));
  EXPECT_THAT(page, HasSubstr("GET /users/*"));
  EXPECT_THAT(page, HasSubstr("Waits: upstream"));
  EXPECT_THAT(page, Not(HasSubstr("Waits: disk"))) << "nobody waited for it";
  EXPECT_THAT(page, HasSubstr("tcp 127.0.0.1:9000"));
}

TEST(ProfileHtml, NamesCannotBecomeTags) {
  const std::string page = render_profile_html(hostile_profile());
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\033")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST(ProfileHtml, AsksNobodyForAnything) {
  const std::string page = render_profile_html(sample_driven_profile());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* part : {"src=\"http", "href=\"http", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(part))) << part;
  }
}

TEST(ProfileHtml, AsManyStretchesAsThereCanBeMakeAPageThatOpens) {
  profile_result profile = sample_profile();
  auto& stretches = profile.loops.front().stretches;
  while (stretches.size() < 1000) stretches.push_back(stretches[stretches.size() % 2]);
  const std::string page = render_profile_html(profile);
  EXPECT_LT(page.size(), 1'000'000U);
  EXPECT_THAT(page, HasSubstr("The longest 200 of 1,000"));
}

TEST(ProfileReport, NamesCannotCommandATerminal) {
  const std::string text = render_profile(hostile_profile(), {.columns = 60});
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << int{c};
  }
  EXPECT_THAT(text, Not(HasSubstr("\u202e")));
  EXPECT_THAT(text, Not(HasSubstr("\u0085")));
  const blocked_stretch stretch = hostile_profile().loops.front().stretches.front();
  EXPECT_THAT(live_line(stretch, "is"), Not(HasSubstr("\033")));
  EXPECT_THAT(render_stretch(stretch, {}), Not(HasSubstr("\033")));
}

TEST(Printable, KeepsWhatIsText) {
  EXPECT_EQ(printable("größer 速い 🚣"), "größer 速い 🚣");
  EXPECT_EQ(printable("a\033[31m\n\t\x7f"), "a?[31m  ?");
  EXPECT_EQ(printable("\u0085\u202e\u2066"), "???");
  EXPECT_EQ(printable("caf\xe9"), "caf\ufffd");
  EXPECT_EQ(printable(""), "");
}

}  // namespace
}  // namespace regatta::test
