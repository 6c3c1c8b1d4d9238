// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace regatta {

/// How a process ended, as waitpid tells it.
struct exit_status {
  int code = 0;    ///< meaningful if signal is 0
  int signal = 0;  ///< the signal that killed it
  /// "exited with code 3", "was killed by SIGSEGV".
  std::string describe() const;
};

struct user_identity {
  uid_t user = 0;
  gid_t group = 0;
};

struct spawn_request {
  std::string program;                 ///< a path
  std::vector<std::string> arguments;  ///< without argv[0]
  /// {descriptor here, its number there}; all others are closed in the child but 0, 1 and 2.
  std::vector<std::pair<int, int>> descriptors;
  bool own_group = false;  ///< a process group of its own: Ctrl-C on the terminal does not reach it
  /// "NAME=value", beside what this process has.
  std::vector<std::string> environment = {};
  /// By fork() instead of vfork(): slower, but then ru_maxrss of the child does not begin at what
  /// we have in memory ourselves, only at the anonymous part of it.
  bool forked = false;
  /// Not a program of ours: dies with us all the same (its own children may not), and ignores none
  /// of the signals that we ignore.
  bool foreign = false;
  /// Another user than ours, without our supplementary groups: what root may do.
  std::optional<user_identity> user = std::nullopt;
  std::string directory = {};  ///< to work in; empty: ours
  /// What a foreign child gets when we end. A server that has children and shared memory of its own
  /// needs one that it can act on.
  int death_signal = SIGKILL;
};

/// Starts a program. The child dies with us (see die_with_parent, which its main must call).
/// Throws std::system_error.
pid_t spawn(const spawn_request& request);

/// This program, as a path that works for spawn().
std::string self_path();

/// Asks the kernel to kill this process when its parent's main thread ends; exits at once if it has
/// ended already. Call first thing in a child, whatever way it was started.
void die_with_parent(pid_t parent, int signal = SIGKILL);

/// nullopt while it still runs (with `block` false). Reaps.
std::optional<exit_status> wait_child(pid_t pid, bool block);

/// SIGKILL and reap; harmless for a pid that is already reaped (-1).
void kill_and_reap(pid_t& pid);

}  // namespace regatta
