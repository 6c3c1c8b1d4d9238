# SPDX-License-Identifier: Apache-2.0
# The code between the marks of EXAMPLE must stand in README, letter for letter.
file(READ ${README} readme)
file(READ ${EXAMPLE} example)
string(FIND "${example}" "// begin example\n" begin)
string(FIND "${example}" "// end example" end)
math(EXPR begin "${begin} + 17")
math(EXPR length "${end} - ${begin}")
string(SUBSTRING "${example}" ${begin} ${length} code)
string(FIND "${readme}" "${code}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "README.md does not show the code of ${EXAMPLE} as it is")
endif()
