// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta {

/// Every program that makes executors of processes must begin its main with this: worker processes
/// are the program started again, with a first argument only regatta uses. Does not return in
/// those; in an ordinary start it does nothing.
///
///   int main(int argc, char** argv) {
///     regatta::become_worker_if_asked(argc, argv);
///     …
void become_worker_if_asked(int argc, char** argv);

/// It has been called in this process.
bool worker_role_is_known();

}  // namespace regatta
