// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace regatta {

/// The vocabulary of everything the mock servers say. Plain ASCII: no word needs escaping in JSON
/// or HTML. Changing it changes every completion and document, and so every digest of them.
inline constexpr std::array<std::string_view, 256> english_words{
    "the",      "of",       "and",       "to",        "in",       "a",        "is",
    "that",     "for",      "it",        "as",        "was",      "with",     "be",
    "by",       "on",       "not",       "he",        "his",      "but",      "at",
    "are",      "this",     "have",      "from",      "which",    "or",       "had",
    "they",     "you",      "were",      "their",     "one",      "all",      "we",
    "can",      "her",      "has",       "there",     "been",     "if",       "more",
    "when",     "will",     "would",     "who",       "so",       "no",       "about",
    "out",      "up",       "into",      "than",      "them",     "only",     "its",
    "some",     "time",     "could",     "these",     "two",      "may",      "then",
    "do",       "first",    "any",       "my",        "now",      "such",     "like",
    "our",      "over",     "man",       "me",        "even",     "most",     "made",
    "after",    "also",     "did",       "many",      "before",   "must",     "through",
    "back",     "years",    "where",     "much",      "your",     "way",      "well",
    "down",     "should",   "because",   "each",      "just",     "those",    "people",
    "how",      "too",      "little",    "state",     "good",     "very",     "make",
    "world",    "still",    "own",       "see",       "men",      "work",     "long",
    "get",      "here",     "between",   "both",      "life",     "being",    "under",
    "never",    "day",      "same",      "another",   "know",     "while",    "last",
    "might",    "us",       "great",     "old",       "year",     "off",      "come",
    "since",    "against",  "go",        "came",      "right",    "used",     "take",
    "three",    "harbour",  "river",     "market",    "engine",   "signal",   "window",
    "garden",   "letter",   "paper",     "council",   "station",  "bridge",   "winter",
    "summer",   "morning",  "evening",   "captain",   "sailor",   "vessel",   "anchor",
    "current",  "channel",  "island",    "coast",     "weather",  "pressure", "voltage",
    "circuit",  "memory",   "processor", "thread",    "network",  "packet",   "server",
    "client",   "request",  "answer",    "latency",   "queue",    "buffer",   "record",
    "index",    "table",    "column",    "query",     "schema",   "ledger",   "account",
    "balance",  "payment",  "invoice",   "contract",  "clause",   "statute",  "court",
    "witness",  "verdict",  "appeal",    "patient",   "doctor",   "clinic",   "surgery",
    "protein",  "genome",   "carbon",    "oxygen",    "copper",   "silver",   "granite",
    "glacier",  "volcano",  "forest",    "meadow",    "orchard",  "harvest",  "wheat",
    "cattle",   "shepherd", "village",   "castle",    "empire",   "treaty",   "senate",
    "election", "ballot",   "budget",    "inflation", "currency", "railway",  "highway",
    "cargo",    "freight",  "painter",   "canvas",    "sculptor", "theatre",  "orchestra",
    "violin",   "novel",    "chapter",   "poem",      "library",  "archive",  "museum",
    "lecture",  "student",  "professor", "theorem",   "vector",   "matrix",   "quantum",
    "orbit",    "planet",   "galaxy",    "telescope"};

static_assert(english_words.back() == "telescope");

/// So many stand at the front that belong to no subject; the rest are nouns of one.
inline constexpr std::size_t common_english_words = 141;
static_assert(english_words[common_english_words] == "harbour");

}  // namespace regatta
