// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sched.h>

#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/process_usage.hpp"
#include "harness/profiling/ebpf/program_meter.hpp"
#include "harness/profiling/ebpf/request_programs.hpp"
#include "harness/profiling/kernel_time.hpp"
#include "harness/profiling/requests/classify_service.hpp"
#include "harness/profiling/requests/counted_requests.hpp"
#include "harness/profiling/requests/following_plan.hpp"
#include "harness/profiling/requests/listening_ports.hpp"
#include "harness/profiling/requests/request_book.hpp"
#include "harness/profiling/requests/request_watch.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using namespace kernel_side;

std::string name_of(const peer_address& address) {
  std::array<char, INET6_ADDRSTRLEN> space{};
  if (::inet_ntop(static_cast<int>(address.family), address.address, space.data(), space.size()) ==
      nullptr) {
    return "tcp";
  }
  return address.family == AF_INET ? fmt::format("tcp {}:{}", space.data(), address.port)
                                   : fmt::format("tcp [{}]:{}", space.data(), address.port);
}

unsigned cpus_of(pid_t process) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(process, sizeof(cpus), &cpus) != 0) {
    ::sched_getaffinity(0, sizeof(cpus), &cpus);
  }
  return static_cast<unsigned>(CPU_COUNT(&cpus));
}

class ebpf_request_watch final : public request_watch {
 public:
  explicit ebpf_request_watch(double followed_rate) : followed_rate_(followed_rate) {}

  void begin(pid_t process) override {
    process_ = process;
    cpus_ = cpus_of(process);
    const std::set<std::uint16_t> served = listening_ports(process);
    std::set<std::uint16_t> others;
    std::set<pid_t> children;
    for (const pid_t child : descendants_of(process)) {
      bool own_service = false;
      for (const std::uint16_t port : listening_ports(child)) {
        if (served.contains(port)) continue;
        own_service = true;
        others.insert(port);
      }
      if (!own_service) {
        children.insert(child);
      } else if (const auto used = usage_of(child)) {
        used_beside_[child] = used->cpu();
      }
    }
    began_ = monotonic_now();
    book_.emplace(static_cast<std::uint64_t>(began_.count()));
    plan_.emplace(began_, followed_rate_);
    programs_.watch(process, children, served, others);
    switches_before_ = switches();
  }

  void look() override {
    programs_.events([this](const std::uint32_t* event) { take(event); });
    const following wanted =
        plan_->next(monotonic_now(), book_->size() + counted_requests(), programs_.calls_others());
    if (wanted != std::exchange(following_, wanted)) programs_.follow(wanted);
    meter_.look();
  }

  request_profile finish() override {
    meter_.stop();
    const std::optional<std::uint64_t> switches_after = switches();
    const std::optional<std::uint64_t> resident = resident_bytes();
    const nanoseconds beside = used_beside();
    programs_.detach();
    const nanoseconds ended = monotonic_now();
    programs_.events([this](const std::uint32_t* event) { take(event); });
    for (const worker_slot& worker : programs_.workers()) {
      brief_events briefs = worker.briefs;
      if (briefs.count == 0) continue;
      briefs.tid = worker.tid;
      briefs.process = worker.process;
      briefs.loop = static_cast<std::uint16_t>(worker.loops);
      book_->add(briefs);
    }
    std::uint64_t in_flight = 0;
    for (request_slot slot : programs_.requests()) {
      if (slot.state == request_working) in_flight += 1;
      if (slot.state != request_answered) continue;
      end_request(&slot);
      book_->add(slot.told);
    }
    for (const call_slot& slot : programs_.calls()) {
      if (slot.told.sent != 0 && slot.told.first != 0) book_->add(slot.told);
    }
    const auto counted = programs_.counted();
    nanoseconds cpu = ns(counted.ended_cpu), unowned = ns(counted.ended_unowned_cpu),
                run_queue = ns(counted.ended_run_queue),
                only_counted = ns(counted.ended_counted_cpu);
    const auto end = static_cast<std::uint64_t>(ended.count());
    for (worker_slot worker : programs_.workers()) {
      if (worker.tid == 0 || worker.foreign != 0) continue;
      add_unowned(&worker,
                  worker.carried + (worker.counting != 0 ? unmarked_cpu(&worker, end) : 0));
      cpu += ns(cpu_of(&worker, end) - worker.first_cpu);
      unowned += ns(worker.unowned_cpu);
      only_counted += ns(worker.counted_cpu);
      run_queue += ns(worker.run_queue);
    }
    std::map<std::uint32_t, std::string> peers;
    for (const auto& [number, address] : programs_.peers()) peers[number] = name_of(address);

    request_profile profile = book_->profile(peers, unowned);
    profile.window = ended - began_;
    profile.cpu = cpu;
    profile.run_queue = run_queue;
    profile.pool.concurrency_mean /= std::chrono::duration<double>(profile.window).count();
    add_counted(profile, counted_requests(), only_counted);
    profile.in_flight_at_end = in_flight;
    profile.aborted = counted.aborted;
    profile.unfollowed = counted.begun_before + lost_requests(counted);
    profile.resident_bytes = resident;
    if (profile.answered() > 0) {
      const auto answered = static_cast<double>(profile.answered());
      profile.cpu_beside = std::chrono::duration_cast<nanoseconds>(beside / answered);
      // Of few requests it would be what switches of other threads take.
      const double window = std::chrono::duration<double>(profile.window).count();
      const bool many = answered >= 100 * window;
      if (const auto share = meter_.share(); share && many) {
        profile.following =
            std::chrono::duration_cast<nanoseconds>(*share * profile.window / answered);
      }
      if (switches_before_ && switches_after && *switches_after >= *switches_before_) {
        profile.switches_per_request =
            static_cast<double>(*switches_after - *switches_before_) / answered;
      }
    }
    add_notes(profile, counted);
    profile.classification = classify_service(profile, cpus_);
    return profile;
  }

 private:
  void take(const std::uint32_t* event) {
    switch (*event) {
      case event_request:
        return book_->add(*reinterpret_cast<const request_event*>(event));
      case event_briefs:
        return book_->add(*reinterpret_cast<const brief_events*>(event));
      case event_call:
        return book_->add(*reinterpret_cast<const call_event*>(event));
      default:
        return book_->add(*reinterpret_cast<const chunk_event*>(event));
    }
  }

  // Answered ones that were not followed.
  std::uint64_t counted_requests() const {
    std::uint64_t sum = programs_.counted().ended_counted;
    for (const worker_slot& worker : programs_.workers()) {
      const volatile auto& counted = worker.counted;
      sum += counted;
    }
    return sum;
  }

  static std::uint64_t lost_requests(const request_programs::counts& counted) {
    return counted.lost_events + counted.lost_connections;
  }

  std::optional<std::uint64_t> switches() const {
    const auto usage = usage_of(process_);
    if (!usage) return std::nullopt;
    return usage->voluntary_switches + usage->involuntary_switches;
  }

  nanoseconds used_beside() const {
    nanoseconds sum{};
    for (const auto& [child, before] : used_beside_) {
      if (const auto now = usage_of(child)) sum += std::max(now->cpu() - before, nanoseconds(0));
    }
    return sum;
  }

  std::optional<std::uint64_t> resident_bytes() const {
    std::optional<std::uint64_t> sum;
    std::vector<pid_t> all = descendants_of(process_);
    all.push_back(process_);
    for (const pid_t each : all) {
      const auto status = proc_text::read_file(fmt::format("/proc/{}/status", each));
      const auto kib = status ? proc_text::count_of(*status, "VmRSS") : std::nullopt;
      if (kib) sum = sum.value_or(0) + *kib * 1024;
    }
    return sum;
  }

  void add_notes(request_profile& profile, const request_programs::counts& counted) const {
    const auto note = [&](std::uint64_t count, std::string_view sentence) {
      if (count != 0) profile.notes.push_back(fmt::format(fmt::runtime(sentence), count));
    };
    if (profile.counted != 0) {
      profile.notes.push_back(
          fmt::format("{} of these requests were followed, those that came within moments spread "
                      "over the time: "
                      "there were more than {:.0f} a second. The others were only counted.",
                      profile.followed, following_plan::sampled_from * followed_rate_));
    }
    note(counted.begun_before,
         "{} answers were of requests that began before the profile, or of nothing that was read.");
    note(counted.lost_events,
         "{} requests or calls found no room in the ring and are not counted.");
    note(counted.lost_connections, "{} connections were too many at once and were not followed.");
    note(counted.lost_workers, "{} times a thread was not followed: too many at once.");
    note(
        counted.unread_names,
        "{} requests were read by a call whose buffer is not found (io_uring): they have no name.");
    for (const request_class& each : profile.classes) {
      if (each.name == "(unreadable)") {
        profile.notes.push_back(
            "Requests under TLS have no names, and handshakes count among them.");
      }
      if (each.name == "(HTTP/2)") {
        profile.notes.push_back(
            "HTTP/2 interleaves requests on one connection: what is counted there are exchanges.");
      }
    }
  }

  double followed_rate_;
  request_programs programs_;
  program_meter meter_{[this] { return programs_.run_time(); }};
  pid_t process_ = 0;
  unsigned cpus_ = 1;
  nanoseconds began_{};
  std::optional<std::uint64_t> switches_before_;
  std::map<pid_t, nanoseconds> used_beside_;  // by services of their own, when it began
  std::optional<request_book> book_;
  std::optional<following_plan> plan_;
  following following_ = following_all;
};

}  // namespace

std::unique_ptr<request_watch> make_request_watch(double followed_rate) {
  return std::make_unique<ebpf_request_watch>(followed_rate);
}

}  // namespace regatta::profiling
