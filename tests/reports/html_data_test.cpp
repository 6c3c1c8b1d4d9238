// SPDX-License-Identifier: Apache-2.0
#include "reports/html_data.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "reports/json_report.hpp"
#include "tests/reports/measured.hpp"
#include "tests/reports/sample_runs.hpp"

namespace regatta::test {
namespace {

using json = nlohmann::ordered_json;

// As a reader of the page does it: base64, zlib, JSON.
json unpacked(const std::string& base64) {
  std::string packed(base64.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(packed.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  EXPECT_GT(size, 0);
  std::string text(64 << 20, '\0');
  uLongf length = text.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(text.data()), &length,
                       reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(size)),
            Z_OK);
  text.resize(length);
  return json::parse(text);
}

json with_epochs_as_in_the_file(json report) {
  const json fields = report["epochs"];
  report.erase("epochs");
  for (std::size_t i = 0; i < report["workloads"].size(); ++i) {
    json& cells = report["workloads"][i]["cells"];
    for (std::size_t j = 0; j < cells.size(); ++j) {
      json epochs = json::array();
      for (const auto& [name, values] : fields.items()) {
        if (i >= values.size() || j >= values[i].size()) continue;
        for (std::size_t k = 0; k < values[i][j].size(); ++k) epochs[k][name] = values[i][j][k];
      }
      cells[j]["epochs"] = epochs;
    }
  }
  return report;
}

TEST(HtmlData, IsTheReportToTheLastDigit) {
  sample_runs samples(7);
  run_result run;
  run.plan.suite = "a </script> in a name";
  run.workloads.push_back(samples.workload("rag", 8, 30, samples.arms(4)));
  run.workloads.push_back(measured({ended("tbb", outcome::unavailable, "built without it")}));
  const auto advice = advice_on(run);
  const page_data data = make_page_data(run, advice, 1'000'000);
  EXPECT_EQ(data.digits, 17);
  EXPECT_EQ(with_epochs_as_in_the_file(unpacked(data.base64)), make_json_report(run, advice));
}

TEST(HtmlData, RoundsTheEpochsOfAnEnormousRunAndSaysHowFar) {
  const run_result run = full_suite();
  const auto advice = advice_on(run);
  const page_data data = make_page_data(run, advice, 1'000'000);
  EXPECT_LT(data.base64.size(), 1'000'000U);
  ASSERT_LT(data.digits, 17);
  const json report = unpacked(data.base64);
  const auto column = [&](const char* name) -> const json& { return report["epochs"][name][3][2]; };
  ASSERT_EQ(column("throughput").size(), 200U);
  for (std::size_t i = 0; i < 200; ++i) {
    const epoch_sample& exact = run.workloads[3].cells[2].epochs[i];
    EXPECT_NEAR(column("throughput")[i].get<double>(), exact.throughput, exact.throughput * 1e-5);
    EXPECT_NEAR(column("p99_seconds")[i].get<double>(), *exact.p99,
                *exact.p99 * std::pow(10, 1 - data.digits));
  }
  EXPECT_EQ(report["workloads"][3]["recommendation"],
            make_json_report(run, advice)["workloads"][3]["recommendation"])
      << "only epochs are rounded";
}

TEST(HtmlData, BytesThatAreNoUtf8DoNotCostThePage) {
  run_result run;
  run.workloads.push_back(measured({cell("a\xff", around(100))}));
  EXPECT_NO_THROW(unpacked(make_page_data(run, advice_on(run), 1'000'000).base64));
}

}  // namespace
}  // namespace regatta::test
