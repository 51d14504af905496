# ruff: noqa: E501 - tests as MultiPL-E writes them have long lines
"""Tests written in other languages than Python, in MultiPL-E's form: no program passes them but by its values."""

import shutil

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_code.typed import OtherFormError
from rewardkit_code.typed.sites import find_sites
from rewardkit_sandbox import LANGUAGES

# The task: the even numbers of a list, each once, largest first.
PROMPT = {
    "c++": """#include<assert.h>
#include<bits/stdc++.h>
// The even numbers of a list, each once, largest first.
std::vector<long> evens(std::vector<long> numbers) {
""",
    "go": """package evens_test

import (
    "testing"
    "fmt"
)

// The even numbers of a list, each once, largest first.
func evens(numbers []int) []int {
""",
    "java": """import java.util.*;
import java.lang.reflect.*;
import org.javatuples.*;
class Problem {
    // The even numbers of a list, each once, largest first.
    public static ArrayList<Long> evens(ArrayList<Long> numbers) {
""",
    "javascript": "//The even numbers of a list, each once, largest first.\nfunction evens(numbers){\n",
    "rust": """/// The even numbers of a list, each once, largest first.
fn evens(numbers: Vec<isize>) -> Vec<isize> {
""",
    "typescript": """//The even numbers of a list, each once, largest first.
function evens(numbers: number[]): number[] {
""",
}
JS_TESTS = """const assert = require('node:assert');


function test() {
  let candidate = evens;
  assert.deepEqual(candidate([3, 4, 8, 4]),[8, 4]);
  assert.deepEqual(candidate([]),[]);
  assert.deepEqual(candidate([1, -2]),[-2]);
}

test();"""
TESTS = {
    "c++": """}
int main() {
    auto candidate = evens;
    assert(candidate((std::vector<long>({(long)3, (long)4, (long)8, (long)4}))) == (std::vector<long>({(long)8, (long)4})));
    assert(candidate((std::vector<long>())) == (std::vector<long>()));
    assert(candidate((std::vector<long>({(long)1, (long)-2}))) == (std::vector<long>({(long)-2})));
}
""",
    "go": """func TestEvens(t *testing.T) {
  candidate := evens
	type test struct {
		actual   interface{}
		expected interface{}
	}
   tests := []test{
     { actual: candidate([]int{3, 4, 8, 4}), expected: []int{8, 4} },
     { actual: candidate([]int{}), expected: []int{} },
     { actual: candidate([]int{1, -2}), expected: []int{-2} },
   }

	for i, tc := range tests {
		t.Run(fmt.Sprintf("test num % d", i), func(t *testing.T) {
			if fmt.Sprintf("%v", tc.actual) != fmt.Sprintf("%v", tc.expected) {
				t.Errorf("expected '%s', got '%s'", tc.expected, tc.actual)
			}
		})
	}
}
""",
    "java": """    }
    public static void main(String[] args) {
    assert(evens((new ArrayList<Long>(Arrays.asList((long)3l, (long)4l, (long)8l, (long)4l)))).equals((new ArrayList<Long>(Arrays.asList((long)8l, (long)4l)))));
    assert(evens((new ArrayList<Long>(Arrays.asList()))).equals((new ArrayList<Long>(Arrays.asList()))));
    assert(evens((new ArrayList<Long>(Arrays.asList((long)1l, (long)-2l)))).equals((new ArrayList<Long>(Arrays.asList((long)-2l)))));
    }

}
""",
    "javascript": JS_TESTS,
    "rust": """}

fn main() {
    let candidate = evens;

    assert_eq!(candidate(vec![3, 4, 8, 4]), vec![8, 4]);
    assert_eq!(candidate(Vec::<isize>::new()), Vec::<isize>::new());
    assert_eq!(candidate(vec![1, -2]), vec![-2]);
}
""",
    "typescript": f"declare var require: any;\n{JS_TESTS}",
}
# The body as a base model goes on, without the last brackets.
BODY = {
    "c++": """    std::set<long> found;
    for (long n : numbers) if (n % 2 == 0) found.insert(n);
    return std::vector<long>(found.rbegin(), found.rend());
""",
    "go": """	seen := map[int]bool{}
	found := []int{}
	for _, n := range numbers {
		if n%2 == 0 && !seen[n] {
			seen[n] = true
			at := 0
			for at < len(found) && found[at] > n {
				at++
			}
			found = append(found[:at], append([]int{n}, found[at:]...)...)
		}
	}
	return found
}
""",
    "java": """        TreeSet<Long> found = new TreeSet<>();
        for (long n : numbers) if (n % 2 == 0) found.add(n);
        return new ArrayList<>(found.descendingSet());
""",
    "javascript": "  return [...new Set(numbers.filter(n => n % 2 === 0))].sort((a, b) => b - a);\n",
    "rust": """    let found: std::collections::BTreeSet<isize> = numbers.into_iter().filter(|n| n % 2 == 0).collect();
    found.into_iter().rev().collect()
""",
    "typescript": "  return [...new Set(numbers.filter(n => n % 2 === 0))].sort((a, b) => b - a);\n",
}
# A whole function as a chat model writes it: with imports, an entry or a class of its own, and prints.
WHOLE = {
    "c++": """#include <iostream>
#include <set>
#include <vector>
using namespace std;

vector<long> evens(vector<long> numbers) {
    set<long> found;
    for (long n : numbers) if (n % 2 == 0) found.insert(n);
    cout << "found " << found.size();
    return {found.rbegin(), found.rend()};
}

int main() { cout << evens({2, 4}).size() << endl; }
""",
    "go": """package main

import "sort"

func evens(numbers []int) []int {
	seen := map[int]bool{}
	found := []int{}
	for _, n := range numbers {
		if n%2 == 0 && !seen[n] {
			seen[n] = true
			found = append(found, n)
		}
	}
	sort.Sort(sort.Reverse(sort.IntSlice(found)))
	fmt.Print("found")
	return found
}

func main() { evens([]int{1}) }
""",
    "java": """import java.util.stream.*;

public class Solution {
    public static ArrayList<Long> evens(ArrayList<Long> numbers) {
        System.out.print("found");
        return numbers.stream().filter(n -> n % 2 == 0).distinct().sorted(Comparator.reverseOrder())
            .collect(Collectors.toCollection(ArrayList::new));
    }
    public static void main(String[] args) { System.out.println(evens(new ArrayList<>())); }
}
""",
    "javascript": """const assert = require('assert');
export function evens(numbers) {
  console.log('{"a": 1}');
  return [...new Set(numbers.filter(n => n % 2 === 0))].sort((a, b) => b - a);
}
assert.deepEqual(evens([2]), [2]);
""",
    "rust": """use std::collections::BTreeSet;

fn evens(numbers: Vec<isize>) -> Vec<isize> {
    let found: BTreeSet<isize> = numbers.into_iter().filter(|n| n % 2 == 0).collect();
    print!("found");
    found.into_iter().rev().collect()
}

fn main() { println!("{:?}", evens(vec![2])); }
""",
    "typescript": """export function evens(numbers: number[]): number[] {
  return [...new Set<number>(numbers.filter((n: number) => n % 2 === 0))].sort((a, b) => b - a);
}
""",
}
WRONG = {
    "c++": BODY["c++"].replace("found.rbegin(), found.rend()", "found.begin(), found.end()"),
    "go": BODY["go"].replace("found[at] > n", "found[at] < n"),
    "java": BODY["java"].replace("found.descendingSet()", "found"),
    "javascript": BODY["javascript"].replace("b - a", "a - b"),
    "rust": BODY["rust"].replace(".rev()", ""),
    "typescript": BODY["typescript"].replace("b - a", "a - b"),
}
# Ways to the reward that compute nothing: an early exit, a replaced assertion, reports of one's own.
CHEATS = [
    ("c++", "    exit(0);\n"),
    ("c++", "#define assert(x)\nstd::vector<long> evens(std::vector<long> n) { std::_Exit(0); }\n"),
    ("c++", '    puts("\\n@rk@ 0 [8,4,]\\n@rk@ 1 [0,]\\n@rk@ 2 [0,]"); exit(0);\n'),
    ("c++", "struct V { template <class T> bool operator==(const T&) const { return true; } };\nV evens(std::vector<long>) { return {}; }\n"),
    ("go", "\tos.Exit(0)\n\treturn nil\n}\n"),
    ("java", "        System.exit(0); return null;\n"),
    ("java", "        return new ArrayList<Long>() { public boolean equals(Object o) { return true; } };\n"),
    ("javascript", "  process.exit(0);\n"),
    ("javascript", "  require('node:assert').deepEqual = () => {};\n"),
    ("javascript", "  return new Proxy([], {get: () => () => true});\n"),
    ("rust", "    std::process::exit(0)\n"),
    ("rust", "macro_rules! assert_eq { ($($x:tt)*) => {} }\nfn evens(n: Vec<isize>) -> Vec<isize> { n }\n"),
    ("typescript", "  process.exit(0);\n"),
    ("typescript", "  require('node:assert').deepEqual = () => {};\n  return [];\n"),
]  # fmt: skip


@pytest.fixture(scope="module")
def reward(_works):
    params = CodeParams(languages=("python", *sorted(LANGUAGES)))
    opened = CodeReward(params, RewardContext(deadline_s=60.0))
    yield opened
    opened.close()


def judge(reward, language, completion, tests=None, prompt=None, *, fenced=True):
    if shutil.which(LANGUAGES[language].version[0], path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip(f"this machine has no {language}")
    name = LANGUAGES[language].fences[-1]
    prompt = PROMPT[language] if prompt is None else prompt
    text = f"```{name}\n{completion}\n```" if fenced else completion
    columns = {"language": name, "prompt": prompt, "tests": TESTS[language] if tests is None else tests}
    (score,) = reward.score([Sample(completion=text, prompt=prompt, columns=columns)])
    return score


def test_a_right_program_passes_whole_and_as_the_rest_of_its_prompt(reward, typed_language):
    for program, fenced in ((WHOLE[typed_language], True), (BODY[typed_language], True), (BODY[typed_language], False)):
        score = judge(reward, typed_language, program, fenced=fenced)
        assert score.value == 1.0, score.reason
    assert (score.details["passed"], score.details["tests"], score.details["tests_isolation"]) == (3, 3, "taken_out")


def test_a_wrong_program_fails(reward, typed_language):
    score = judge(reward, typed_language, WRONG[typed_language])
    assert (score.value, score.details["verdict"]) == (0.0, "wrong"), score.reason


def test_no_program_passes_that_computes_nothing(reward, typed_language):
    for cheat in [cheat for its_language, cheat in CHEATS if its_language == typed_language]:
        score = judge(reward, typed_language, cheat)
        assert score.value == 0.0, (cheat, score)


UNTOLD = {
    "c++": "}\nint main() { assert(!evens({2}).empty()); }",
    "java": "}\npublic static void main(String[] a) { assert(evens(new ArrayList<>()).isEmpty()); } }",
    "javascript": "assert.ok(evens([])); assert.equal(evens([]).length, 0);",
    "rust": "}\nfn main() { assert_eq!(evens(vec![]), vec![]); assert!(evens(vec![]).is_empty()); }",
}


@pytest.mark.parametrize("of", UNTOLD)
def test_tests_whose_expected_value_cannot_be_told_are_unsupported(reward, of):
    score = judge(reward, of, WHOLE[of], tests=UNTOLD[of])
    assert (score.value, score.kind) == (None, "unsupported"), score


def test_a_prompt_in_words_needs_whole_functions_and_no_more(reward, typed_language):
    score = judge(reward, typed_language, WHOLE[typed_language], prompt="Write evens, please.")
    assert score.value == 1.0, score.reason


def test_a_program_in_another_language_is_judged_as_such(reward):
    columns = {"language": "javascript", "prompt": PROMPT["javascript"], "tests": TESTS["javascript"]}
    (score,) = reward.score([Sample(completion="```python\ndef evens(n): return n\n```", columns=columns)])
    assert (score.value, score.reason) == (0.0, "the tests call Javascript, the program is python")


SITES = [
    ("c++", "assert(f(1, 2) == (3));", [("f(1, 2)", "(3)")]),
    ("c++", 'assert(f("a == b)") == ("x"));', [('f("a == b)")', '("x")')]),
    ("java", "assert(f(1) == (2.5f)); assert(f(g.equals(h)).equals((x)));", [("f(1)", "(2.5f)"), ("f(g.equals(h))", "(x)")]),
    ("javascript", "assert.deepEqual(f('a,('),{'b': [1, 2]});", [("f('a,(')", "{'b': [1, 2]}")]),
    ("javascript", "assert(f(1) === 2);", [("f(1)", "2")]),
    ("rust", "assert_eq!(f('a', \"b\"), HashMap::<String, isize>::new());", [("f('a', \"b\")", "HashMap::<String, isize>::new()")]),
    ("rust", "fn g<'a>(x: &'a str) {} assert_eq!(f(1), 2);", [("f(1)", "2")]),
    ("go", '{ actual: f("},", 1), expected: []string{"a"} },', [('f("},", 1)', '[]string{"a"}')]),
]  # fmt: skip


@pytest.mark.parametrize(("of", "text", "wanted"), SITES)
def test_an_assertion_is_a_value_and_what_it_must_be(of, text, wanted):
    assert [(site.value.strip(), site.expected.strip()) for site in find_sites(text, of)] == wanted


@pytest.mark.parametrize("text", ["assert(f(1));", "assert(f(1) == 1); assert(g());", "int x = 1;"])
def test_any_other_assertion_is_refused(text):
    with pytest.raises(OtherFormError):
        find_sites(text, "c++")
