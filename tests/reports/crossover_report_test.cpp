// SPDX-License-Identifier: Apache-2.0
#include "reports/crossover_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/report_schema.hpp"
#include "reports/text_table.hpp"

namespace regatta::test {
namespace {

using json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

crossover_result searched(const std::vector<searched_point>& points) {
  crossover_result result;
  result.plan.workload = "llm-complete";
  for (const char* name : {"serial", "coroutine"}) result.plan.backends.push_back({name, {}, name});
  result.plan.in_flight = 64;
  result.parameter = "in-flight";
  result.meaning = "items in flight";
  result.where.cpus.usable = 2;
  result.where.build.sanitizer = "none";
  for (const searched_point& each : points) {
    crossover_point point;
    point.at = each.at;
    point.ahead = each.ahead;
    point.settled = true;
    point.values = {1000.0, 2000.0};
    point.best = each.ahead.value_or(0);
    point.second = 1 - point.best;
    point.lead = ratio_estimate{2, 1.9, 2.1, 0.99, 12, 0};
    point.blocks = 12;
    point.seconds = 3;
    point.measuring_seconds = 2;
    result.points.push_back(point);
  }
  result.zones = zones_of(points);
  result.crossovers = crossovers_of(points);
  result.ended = "every change of the lead is as near as was asked for";
  result.seconds = 3.1 * static_cast<double>(points.size());
  result.budget = 60;
  return result;
}

const std::vector<searched_point> usual{{1, 0}, {12, 0}, {13, {}}, {17, {}}, {18, 1}, {1000, 1}};

TEST(CrossoverVerdict, SaysWhoLeadsWhereAndWhereTheLeadPasses) {
  EXPECT_EQ(crossover_verdict(searched(usual)),
            "Ahead over items in flight, by more than 5 % at 95 % confidence: serial up to 12, "
            "a tie from 13 to 17, coroutine from 18 on. The lead passes from serial to coroutine "
            "between 12 and 18.");
}

TEST(CrossoverVerdict, OfOneLeaderOrNone) {
  EXPECT_THAT(crossover_verdict(searched({{1, 1}, {32, 1}, {1000, 1}})),
              HasSubstr("coroutine from 1 to 1,000. No crossover was seen."));
  EXPECT_THAT(crossover_verdict(searched({{1, {}}, {1000, {}}})),
              HasSubstr("a tie from 1 to 1,000. No winner was seen anywhere."));
  EXPECT_THAT(crossover_verdict(searched({{1, {}}, {1000, 1}})),
              HasSubstr("a tie at 1, coroutine at 1,000. No crossover was seen."));
  EXPECT_EQ(crossover_verdict(searched({})), "Nothing was measured.");
  auto result = searched(usual);
  result.points[3].settled = false;
  EXPECT_THAT(crossover_verdict(result), HasSubstr("up to 12, undecided from 13 to 17, coroutine"));
}

TEST(CrossoverVerdict, OfSeveralNamesEach) {
  const std::string text =
      crossover_verdict(searched({{1, 0}, {8, 0}, {9, 1}, {100, 1}, {120, 0}, {1000, 0}}));
  EXPECT_THAT(text, HasSubstr("serial up to 8, coroutine from 9 to 100, serial from 120 on."));
  EXPECT_THAT(text, HasSubstr("from serial to coroutine between 8 and 9."));
  EXPECT_THAT(text, HasSubstr("from coroutine to serial between 100 and 120."));
}

TEST(RenderCrossover, HasThePointsTheVerdictAndTheCost) {
  auto result = searched(usual);
  result.points[2].settled = false;
  result.points[0].notes = {"coroutine crashed: SIGSEGV"};
  const std::string text = render_crossover(result, {});
  EXPECT_THAT(text, HasSubstr("llm-complete over in-flight (items in flight) by throughput; 2 "
                              "usable CPUs\n"));
  EXPECT_THAT(text, HasSubstr("\n    1,000  coroutine  2.00 [1.90, 2.10]"));
  EXPECT_THAT(text, HasSubstr("\n       13  undecided"));
  EXPECT_THAT(text, HasSubstr("\n       17  tie"));
  EXPECT_THAT(text, HasSubstr("at 1, coroutine crashed: SIGSEGV."));
  EXPECT_THAT(text, HasSubstr("6 points in 18.6 s, 6.00 s of it to make data"));
  EXPECT_THAT(text, HasSubstr("did not suffice to decide at 1 of them"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(render_crossover(searched(usual), {}), Not(HasSubstr("did not suffice")));
}

TEST(RenderCrossover, SaysWhatWasHeld) {
  auto result = searched(usual);
  result.parameter = "payload";
  result.plan.options.parameters = {{"payload", 3}, {"tokens", 16}};
  EXPECT_THAT(render_crossover(result, {}), HasSubstr("; 64 in flight, tokens 16, 2 usable CPUs"));
}

TEST(RenderCrossover, FitsIntoANarrowTerminal) {
  std::istringstream lines(render_crossover(searched(usual), {.columns = 60, .color = false}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 60U) << line;
  EXPECT_THAT(render_crossover(searched(usual), {.columns = 100, .color = true}),
              HasSubstr("\033[32m"));
}

TEST(CrossoverJson, NamesLeadersAndUnknownIsNull) {
  auto result = searched(usual);
  result.points[0].values[1].reset();
  result.points[0].lead.reset();
  const json file = make_crossover_json(result);
  EXPECT_EQ(file.at("complete"), true);
  EXPECT_TRUE(file.at("in_flight").is_null()) << "it is what varies";
  EXPECT_EQ(file.at("crossovers"),
            json::parse(R"([{"below":"serial","above":"coroutine","last_below":12.0,
                             "first_above":18.0}])"));
  EXPECT_EQ(file.at("zones")[1], json::parse(R"({"ahead":null,"first":13.0,"last":17.0})"));
  EXPECT_TRUE(file.at("points")[0].at("values").at("coroutine").is_null());
  EXPECT_TRUE(file.at("points")[0].at("lead").is_null());
  EXPECT_EQ(file.at("points")[5].at("ahead"), "coroutine");
  EXPECT_EQ(file.at("points")[5].at("lead").at("lower"), 1.9);
  EXPECT_EQ(json::parse(file.dump()), file);
  EXPECT_THAT(schema_violations(nlohmann::json::parse(file.dump()), report_schema::crossover),
              ::testing::IsEmpty());
  result.interrupted = true;
  EXPECT_EQ(make_crossover_json(result).at("complete"), false);
}

}  // namespace
}  // namespace regatta::test
