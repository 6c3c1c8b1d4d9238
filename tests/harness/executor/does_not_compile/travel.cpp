// SPDX-License-Identifier: Apache-2.0
// With CAPTURES, ARGUMENT or RESULT defined it must not compile, and say why; with none it must.
#include <string>

#include "harness/executor/executor.hpp"

void use(regatta::portable_executor& ex) {
  [[maybe_unused]] int here = 1;
#if defined(CAPTURES)
  (void)ex.submit([&here] { return here; });
#elif defined(ARGUMENT)
  (void)ex.submit([](const int* there) { return *there; }, &here);
#elif defined(RESULT)
  (void)ex.submit([]() -> const char* { return "text"; });
#elif defined(MAP)
  (void)ex.map([&here](int each) { return each + here; }, std::string("abc"));
#else
  (void)ex.submit([](const std::string& text) { return text.size(); }, "text" + std::string("s"));
#endif
}
