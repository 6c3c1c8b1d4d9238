// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace regatta {

enum class llm_failure {
  lookup,      ///< the host has no address
  connection,  ///< refused, or lost before any byte of an answer
  tls,         ///< the certificate is not trusted, or the peer does not speak TLS
  status,      ///< the server answered, and said no: see status()
  redirect,    ///< the server sends us elsewhere; a POST is not sent twice
  truncated,   ///< the answer ended before its end
  malformed,   ///< the answer is not what the protocol or the API says
  too_large,   ///< the answer exceeds a limit of the client
  timed_out,   ///< of the whole request
  cancelled,   ///< by the caller
  closed       ///< the client was closed
};

const char* to_string(llm_failure failure);

/// Why a request has no answer. what() is a sentence for the user and never contains the key.
class llm_error : public std::runtime_error {
 public:
  llm_error(llm_failure failure, const std::string& sentence, unsigned status = 0,
            unsigned attempts = 0)
      : std::runtime_error(sentence), failure_(failure), status_(status), attempts_(attempts) {}

  llm_failure failure() const { return failure_; }
  unsigned status() const { return status_; }      ///< HTTP's; 0: there was none
  unsigned attempts() const { return attempts_; }  ///< how often it was tried

 private:
  llm_failure failure_;
  unsigned status_;
  unsigned attempts_;
};

}  // namespace regatta
