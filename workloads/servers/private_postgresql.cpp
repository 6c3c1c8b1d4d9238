// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/private_postgresql.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include "harness/platform/unique_fd.hpp"
#include "harness/sql/postgresql_endpoint.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr const char* package_root = "/usr/lib/postgresql";  // of Debian's packages, by version
constexpr int oldest_version = 14;
constexpr const char* prefix = "regatta-postgresql";
constexpr const char* superuser = "regatta";
// A socket's path may have 107 bytes, and the server names its own .s.PGSQL.PORT.
constexpr std::size_t longest_directory = 107 - sizeof("/.s.PGSQL.65535");
constexpr unsigned socket_port = 5432;  // part of the socket's name, no more
constexpr auto start_patience = 60s;
constexpr auto end_patience = 5s;

std::optional<std::filesystem::path> find_binaries() {
  std::optional<std::filesystem::path> newest;
  int newest_version = oldest_version - 1;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(package_root, error)) {
    const std::string name = entry.path().filename().string();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    const auto binaries = entry.path() / "bin";
    std::error_code ignored;
    if (version > newest_version && std::filesystem::exists(binaries / "initdb", ignored) &&
        std::filesystem::exists(binaries / "postgres", ignored)) {
      newest = binaries;
      newest_version = version;
    }
  }
  return newest;
}

std::optional<user_identity> find_user() {
  if (::geteuid() != 0) return user_identity{::geteuid(), ::getegid()};
  for (const char* const name : {"postgres", "nobody"}) {
    if (const passwd* const found = ::getpwnam(name)) {
      return user_identity{found->pw_uid, found->pw_gid};
    }
  }
  return std::nullopt;
}

std::string last_line_of(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last.empty() ? "it said nothing" : last;
}

}  // namespace

std::optional<std::string> private_postgresql::why_unavailable() {
  if (!find_binaries()) {
    return fmt::format(
        "there is no PostgreSQL from version {} in {}: apt-get install postgresql-15, or name a "
        "running server, postgresql://user@host:port/database",
        oldest_version, package_root);
  }
  if (!find_user()) {
    return "PostgreSQL does not run as root, and there is neither a user postgres nor nobody: run "
           "regatta as another user";
  }
  return std::nullopt;
}

private_postgresql::private_postgresql(const private_postgresql_options& options)
    : options_(options) {
  if (const auto why = why_unavailable()) throw std::runtime_error(*why);
  binaries_ = *find_binaries();
  user_ = *find_user();
  directory_ = std::make_unique<private_directory>(
      prefix, user_,
      std::vector<std::filesystem::path>{std::filesystem::temp_directory_path(), "/tmp",
                                         "/var/tmp"},
      longest_directory);
  make_cluster();
  start();
}

private_postgresql::~private_postgresql() { stop(); }

// Its output goes to a log in the directory, named after the program.
pid_t private_postgresql::run(const std::string& program, std::vector<std::string> arguments,
                              int death_signal) const {
  const auto log = directory() / (program + ".log");
  const unique_fd output(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const unique_fd input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (output.get() < 0) throw std::system_error(errno, std::generic_category(), log.string());
  spawn_request request;
  request.program = (binaries_ / program).string();
  request.arguments = std::move(arguments);
  request.descriptors = {{input.get(), 0}, {output.get(), 1}, {output.get(), 2}};
  request.own_group = true;
  request.environment = {"LC_ALL=C.UTF-8"};
  request.foreign = true;
  if (::geteuid() == 0) request.user = user_;
  request.directory = directory().string();
  request.death_signal = death_signal;
  return spawn(request);
}

void private_postgresql::make_cluster() {
  pid_t pid = run("initdb",
                  {"-D", (directory() / "data").string(), "-U", superuser, "--auth-local=trust",
                   "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                   "--no-instructions"},
                  SIGKILL);
  const auto end = wait_child(pid, true);
  if (end->code == 0 && end->signal == 0) return;
  throw std::runtime_error(fmt::format("making a private PostgreSQL: initdb {}: {}",
                                       end->describe(), last_line_of(directory() / "initdb.log")));
}

void private_postgresql::start() {
  std::vector<std::string> arguments = {"-D", (directory() / "data").string()};
  const auto set = [&](const std::string& setting) {
    arguments.emplace_back("-c");
    arguments.push_back(setting);
  };
  set("unix_socket_directories=" + directory().string());
  set(options_.port ? "listen_addresses=127.0.0.1" : "listen_addresses=");
  set(fmt::format("port={}", options_.port ? *options_.port : socket_port));
  set(fmt::format("max_connections={}", options_.max_connections));
  set("shared_buffers=256MB");
  // The data is made anew for every run: nothing is gained by surviving a power cut.
  for (const char* const setting : {"fsync=off", "synchronous_commit=off", "full_page_writes=off",
                                    "wal_level=minimal", "max_wal_senders=0"}) {
    set(setting);
  }
  set("autovacuum=off");                   // tables do not change, and it would disturb
  set("dynamic_shared_memory_type=mmap");  // in its directory: nothing is left in /dev/shm
  const auto limit = steady::now() + start_patience;
  for (int tries = 0; tries < 20 && steady::now() < limit; ++tries) {
    failure_.reset();
    // SIGQUIT ends it at once, with its children and its shared memory, which SIGKILL would leave.
    pid_ = run("postgres", arguments, SIGQUIT);
    if (is_ready(limit)) return;
    stop();
    // After a crash it refuses to begin while a process of the one before it still ends.
    std::this_thread::sleep_for(std::min((tries + 1) * 50ms, 500ms));
  }
  throw std::runtime_error("a private PostgreSQL server did not start: " +
                           last_line_of(directory() / "postgres.log"));
}

bool private_postgresql::is_ready(std::chrono::steady_clock::time_point limit) {
  while (PQping(url().c_str()) != PQPING_OK) {
    if (failure() || steady::now() > limit) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::string private_postgresql::url() const {
  return connection_url({{"host", directory().string()},
                         {"port", std::to_string(options_.port ? *options_.port : socket_port)},
                         {"user", superuser},
                         {"dbname", "postgres"}});
}

std::optional<std::string> private_postgresql::failure() {
  if (pid_ <= 0) return failure_;
  if (const auto end = wait_child(pid_, false)) {
    failure_ = fmt::format("the private PostgreSQL server (pid {}) {}", pid_, end->describe());
    pid_ = -1;
  }
  return failure_;
}

void private_postgresql::kill() {
  if (pid_ <= 0) return;
  failure_ = fmt::format("the private PostgreSQL server (pid {}) was killed by SIGKILL", pid_);
  kill_and_reap(pid_);
}

void private_postgresql::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGQUIT);
  const auto limit = steady::now() + end_patience;
  while (steady::now() < limit) {
    if (wait_child(pid_, false)) {
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(1ms);
  }
  kill_and_reap(pid_);
}

}  // namespace regatta
