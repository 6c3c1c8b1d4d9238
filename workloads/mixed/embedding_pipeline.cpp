// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/mixed/retrieval_text.hpp"
#include "workloads/mixed/text_embedding.hpp"

namespace regatta {
namespace {

constexpr std::size_t item_count = 64;
constexpr std::size_t library_size = 1000;  // documents are drawn from so many
constexpr std::size_t passage_words = 40;
constexpr std::size_t passage_step = 20;

struct settings {
  std::uint64_t producers = 0, consumers = 0, queue = 0, batch = 0;
};

enum part { settings_part, weights_part, first_item };

// Passages, one a line → an embedding each.
buffer embed_batch(bytes_view dataset, bytes_view lines) {
  const auto weights = view_as<embedding_weights>(dataset_parts(dataset)[weights_part]);
  buffer embeddings;
  for (std::string_view rest = as_text(lines); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    append(embeddings, embed_text(weights, rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  return embeddings;
}

struct passage {
  std::size_t document = 0;  ///< which of the item's
  std::size_t number = 0;    ///< which of the document's
  std::string text;
};

/// One item: its documents on their way through the queue.
template <class Context>
class pipeline {
 public:
  template <class T>
  using task = typename Context::template task<T>;

  pipeline(Context& context, const settings& sizes, std::span<const std::uint64_t> documents)
      : context_(context),
        sizes_(sizes),
        documents_(documents),
        found_(documents.size()),
        queue_(sizes.queue),
        producing_(sizes.producers) {}

  /// All at once: producers, then consumers. Each answers true, or throws; the queue is then closed
  /// and the others end.
  task<bool> worker(std::size_t number) {
    return number < sizes_.producers ? produce(number) : consume();
  }
  std::size_t workers() const { return sizes_.producers + sizes_.consumers; }

  /// Of each document the mean of its passages. Call after the workers have ended.
  buffer means() const {
    buffer all;
    for (const auto& passages : found_) {
      text_embedding mean{};
      for (const text_embedding& each : passages) {
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += each[i];
      }
      for (float& each : mean)
        each /= static_cast<float>(std::max<std::size_t>(1, passages.size()));
      append(all, mean);
    }
    return all;
  }

 private:
  using passage_queue = typename Context::template channel<passage>;

  // Whoever does not get to its end takes the others with it: they would wait for ever.
  struct close_at_failure {
    passage_queue& queue;
    bool done = false;
    ~close_at_failure() {
      if (!done) queue.close();
    }
  };

  // Every producers-th document: fetches it, cuts it, and sends the passages.
  task<bool> produce(std::size_t first) {
    close_at_failure guard{queue_};
    for (std::size_t i = first; i < documents_.size(); i += sizes_.producers) {
      http_request request;
      request.target = "/documents/" + std::to_string(documents_[i]);
      const http_response document = co_await context_.http("documents", std::move(request));
      if (document.status != 200) {
        throw std::runtime_error("the document service answered " +
                                 std::to_string(document.status));
      }
      const std::string text = strip_markup(document.body);
      const auto passages = overlapping_passages(text, passage_words, passage_step);
      found_[i].resize(passages.size());  // before anybody can have one of them
      for (std::size_t number = 0; number < passages.size(); ++number) {
        passage next{i, number, std::string(passages[number])};
        if (queue_.try_send(next)) continue;
        const auto began = steady_clock::now();
        const bool sent = co_await queue_.send(context_, std::move(next));
        if (!sent) co_return false;  // somebody has failed
        context_.measure("queue full", steady_clock::now() - began);
      }
    }
    guard.done = true;
    // Relaxed: what they have sent is ordered by the queue.
    if (producing_.fetch_sub(1, std::memory_order_relaxed) == 1) queue_.close();
    co_return true;
  }

  task<bool> consume() {
    close_at_failure guard{queue_};
    std::vector<passage> batch;
    do {
      batch.clear();
      std::string lines;
      while (batch.size() < sizes_.batch) {
        std::optional<passage> next = co_await queue_.receive(context_);
        if (!next) break;
        lines.append(next->text) += '\n';
        batch.push_back(*std::move(next));
      }
      if (batch.empty()) break;
      const buffer embeddings = co_await context_.compute(embed_batch, as_bytes(lines));
      const auto rows = view_as<text_embedding>(embeddings);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        found_[batch[i].document][batch[i].number] = rows[i];
      }
    } while (batch.size() == sizes_.batch);
    guard.done = true;
    co_return true;
  }

  Context& context_;
  const settings sizes_;
  const std::span<const std::uint64_t> documents_;
  std::vector<std::vector<text_embedding>> found_;  ///< by document, then by passage
  passage_queue queue_;
  std::atomic<std::uint64_t> producing_;
};

/// Indexing for retrieval: fetchers and embedders, and a bounded queue between them.
class embedding_pipeline {
 public:
  static workload_info describe() {
    workload_info info;
    info.name = "embedding-pipeline";
    info.kind = work_kind::mixed;
    info.summary = "fetched documents, cut up, through a bounded queue into batches to embed";
    info.needs = {"documents"};
    // usual, least, most
    info.parameters = {{"documents", "documents of an item", 8, 1, 256},
                       {"producers", "tasks that fetch them", 4, 1, 64},
                       {"consumers", "tasks that embed", 2, 1, 64},
                       {"queue", "passages that wait between them, at most", 10, 1, 100000},
                       {"batch", "passages embedded at a time", 32, 1, 4096}};
    return info;
  }

  static buffer build(const workload_options& options) {
    const auto of = [&](const char* name) {
      return static_cast<std::uint64_t>(parameter_of(describe(), options, name));
    };
    const settings sizes{of("producers"), of("consumers"), of("queue"), of("batch")};
    const auto weights = random_weights(counter_random(options.seed, item_count));
    std::vector<bytes_view> parts = {std::as_bytes(std::span(&sizes, 1)),
                                     std::as_bytes(std::span(weights))};
    std::vector<std::vector<std::uint64_t>> items;
    for (std::size_t i = 0; i < item_count; ++i) {
      counter_random random(options.seed, i);
      items.emplace_back(of("documents"));
      for (std::uint64_t& document : items.back()) document = random.below(library_size);
    }
    for (const auto& documents : items) parts.push_back(std::as_bytes(std::span(documents)));
    return pack_parts(parts);
  }

  explicit embedding_pipeline(bytes_view dataset) : parts_(dataset) {}
  std::uint64_t distinct_items() const { return item_count; }
  bytes_view input(std::uint64_t index) const { return parts_[first_item + index % item_count]; }

  template <class Context>
  typename Context::template task<buffer> run(Context& ctx, item it) const {
    pipeline<Context> work(ctx, read_as<settings>(parts_[settings_part]),
                           view_as<std::uint64_t>(it.input));
    // Erased: g++ 12 warns of a lambda of this file in a coroutine of a header.
    const std::function<typename Context::template task<bool>(std::size_t)> worker =
        [&work](std::size_t number) { return work.worker(number); };
    (void)co_await ctx.gather(work.workers(), worker);
    co_return work.means();
  }

 private:
  dataset_parts parts_;
};

const workload_registration<embedding_pipeline> registered;

}  // namespace
}  // namespace regatta
