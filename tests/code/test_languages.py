"""Tests on standard input take programs in every language of the table; by default those that CI's machines have."""

import shutil
from typing import get_args

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.commands import Language as BuiltLanguage
from rewardkit_code.extract import FENCES, Language
from rewardkit_code.reward import CodeParams, CodeReward, CppStd
from rewardkit_code.typed import OPENS
from rewardkit_sandbox import LANGUAGES

SQUARE = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "-7\n", "output": "49\n"}]}
RIGHT = {
    "c": '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); printf("%ld\\n", n * n); return 0; }',
    "c++": "#include <bits/stdc++.h>\nint main() { std::vector<long> n(1); std::cin>>n[0]; std::cout << n[0] * n[0]; }",
    "go": 'package main\nimport "fmt"\nfunc main() {\n\tvar n int\n\tfmt.Scan(&n)\n\tfmt.Println(n * n)\n}',
    "java": """
import java.util.*;
public class Square {
    static long square(long n) { return n * n; }
    public static void main(String[] args) {
        System.out.println(square(new Scanner(System.in).nextLong()));
    }
}""",
    "javascript": "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log(n * n);",
    "rust": """
use std::io;
fn main() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    let n: i64 = line.trim().parse().unwrap();
    println!("{}", n * n);
}""",
    "typescript": "import * as fs from 'fs';\nconst n: number = +fs.readFileSync(0, 'utf8');\nconsole.log(n * n);",
}
WRONG = {
    name: program.replace("n * n", "n + n").replace("n[0] * n[0]", "n[0] + n[0]") for name, program in RIGHT.items()
}
ENDLESS = {
    "c": "int main(void) { for (;;); }",
    "c++": "int main() { volatile int i = 0; for (;;) i = 1; }",
    "go": "package main\nfunc main() { for {} }",
    "java": "class Main { public static void main(String[] a) { while (true); } }",
    "javascript": "for (;;);",
    "rust": "fn main() { loop {} }",
    "typescript": "for (;;);",
}
CRASH = {
    "c": "int main(void) { *(volatile int *)0 = 1; }",
    "c++": "#include <vector>\nint main() { std::vector<int> v; return v.at(1); }",
    "go": 'package main\nfunc main() { panic("no") }',
    "java": "class Main { public static void main(String[] a) { Object o = null; o.hashCode(); } }",
    "javascript": "process.abort()",
    "rust": 'fn main() { let v: Vec<i32> = Vec::new(); println!("{}", v[std::env::args().count()]); }',
    "typescript": "null.x",
}
BROKEN = {
    "c": "int main( { }",
    "c++": "int main( { }",
    "go": "package main\nfunc main( { }",
    "java": "class Main { void f( { } }",
    "rust": "fn main( { }",
    "typescript": "const n: = 3;",
}
GREEDY = {
    "c++": "#include <vector>\nint main() { std::vector<std::vector<long>> v; for (;;) v.emplace_back(1 << 20, 7); }",
    "go": """package main
func main() {
    var a [][]byte
    for { b := make([]byte, 1<<24); for i := range b { b[i] = 1 }; a = append(a, b) }
}""",
    "java": """import java.util.*;
class Main { public static void main(String[] s) {
    List<long[]> a = new ArrayList<>(); for (;;) a.add(new long[1 << 20]); } }
""",
    "javascript": "const a = []; for (;;) a.push(new Array(1 << 16).fill(7.5));",
    "rust": "fn main() { let mut v: Vec<Vec<u64>> = Vec::new(); loop { v.push(vec![7; 1 << 20]); } }",
    "typescript": "const a: number[][] = []; for (;;) a.push(new Array(1 << 16).fill(7.5));",
}
# 200 MB of data, and a recursion of 10,000 steps, as a right program of a contest may need.
LARGE = {
    "c++": """#include <bits/stdc++.h>
long f(long n) { return n ? 1 + f(n - 1) : 0; }
int main() {
    std::vector<long> v(25000000, 1); long n; std::cin >> n;
    std::cout << n * n + f(10000) - 10000 + v[9] - 1;
}""",
    "go": """package main
import "fmt"
func f(n int) int { if n == 0 { return 0 }; return 1 + f(n-1) }
func main() {
    a := make([]int, 25000000)
    for i := range a { a[i] = 1 }
    var n int
    fmt.Scan(&n)
    fmt.Println(n*n + f(10000) - 10000 + a[9] - 1)
}""",
    "java": """import java.util.*;
class Main {
    static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); }
    public static void main(String[] s) {
        long[] a = new long[25000000];
        Arrays.fill(a, 1);
        long n = new Scanner(System.in).nextLong();
        System.out.println(n * n + f(10000) - 10000 + a[9] - 1);
    }
}""",
    "javascript": """const a = new Array(25000000).fill(1.5);
const f = n => n ? 1 + f(n - 1) : 0;
const n = Number(require('fs').readFileSync(0));
console.log(n * n + f(10000) - 10000 + a[9] - 1.5);""",
    "rust": """fn f(n: i64) -> i64 { if n == 0 { 0 } else { 1 + f(n - 1) } }
fn main() {
    let v: Vec<i64> = vec![1; 25000000];
    let mut s = String::new();
    std::io::stdin().read_line(&mut s).unwrap();
    let n: i64 = s.trim().parse().unwrap();
    println!("{}", n * n + f(10000) - 10000 + v[9] - 1);
}""",
    "typescript": """import { readFileSync } from 'fs';
const a: number[] = new Array(25000000).fill(1.5);
const f = (n: number): number => n ? 1 + f(n - 1) : 0;
const n = Number(readFileSync(0, 'utf8'));
console.log(n * n + f(10000) - 10000 + a[9] - 1.5);""",
}


@pytest.fixture(scope="module")
def reward(_works):
    params = CodeParams(cpu_s=4, languages=("python", *sorted(LANGUAGES)))
    opened = CodeReward(params, RewardContext(deadline_s=60.0))
    yield opened
    opened.close()


def judge(reward, language, program, tests=SQUARE):
    if shutil.which(LANGUAGES[language].version[0], path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip(f"this machine has no {language}")
    fence = LANGUAGES[language].fences[-1]
    (score,) = reward.score([Sample(completion=f"```{fence}\n{program}\n```", ground_truth=tests)])
    return score


def test_a_right_program_passes_and_a_wrong_one_does_not(reward, language):
    right = judge(reward, language, RIGHT[language])
    assert right.value == 1.0, right.reason
    wrong = judge(reward, language, WRONG[language])
    assert (wrong.value, wrong.details["verdict"]) == (0.0, "wrong")


def test_what_does_not_compile_is_a_compile_error(reward, language):
    if language not in BROKEN:
        return  # a text of JavaScript is only read when it runs
    score = judge(reward, language, BROKEN[language])
    assert (score.value, score.details["verdict"], score.kind) == (0.0, "compile error", "malformed")
    assert "error" in score.reason


def test_limits_and_confinement_hold(reward, language):
    assert judge(reward, language, ENDLESS[language]).details["verdict"] == "time"
    assert judge(reward, language, CRASH[language]).details["verdict"] == "runtime error"


def test_memory_is_limited_by_what_the_program_holds_and_the_runtime_comes_on_top(reward, language):
    if language not in GREEDY:
        return
    greedy = judge(reward, language, GREEDY[language])
    assert (greedy.value, greedy.details["verdict"], greedy.kind) == (0.0, "memory", "memory_limit"), greedy.reason
    large = judge(reward, language, LARGE[language])
    assert large.value == 1.0, large.reason


@pytest.mark.usefixtures("_works")
def test_the_standard_of_c_plus_plus_is_the_newest_unless_the_rubric_names_one():
    program = "#include <iostream>\n#include <span>\n"
    program += "int main() { long n; std::cin >> n; std::span s(&n, 1); std::cout << s[0] * n; }"
    values = []
    for std in ("gnu++20", "gnu++14"):
        reward = CodeReward(CodeParams(languages=("c++",), std=std), RewardContext(deadline_s=60.0))
        values.append(judge(reward, "c++", program).value)
        reward.close()
    assert values == [1.0, 0.0]


def test_modules_of_node_run(reward):
    program = "import { readFileSync } from 'fs';\nconst n = Number(readFileSync(0, 'utf8'));\nconsole.log(n * n);"
    assert judge(reward, "javascript", program).value == 1.0


def test_a_program_that_includes_the_machines_files_sees_none(reward):
    score = judge(reward, "c", '#include "/etc/passwd"\nint main(void) { return 0; }')
    assert (score.value, score.details["verdict"]) == (0.0, "compile error")
    assert "root" not in score.reason


def test_tests_that_call_python_take_no_other_language(reward):
    tests = {"kind": "asserts", "setup": "", "asserts": ["assert f(1) == 1"]}
    score = judge(reward, "c", "int f(int x) { return x; }", tests)
    assert (score.value, score.reason) == (0.0, "the tests call Python, the program is c")


@pytest.mark.usefixtures("_works")
@pytest.mark.parametrize("fence", [fence for fence, language in FENCES.items() if language != "python"])
def test_a_program_in_a_language_that_the_rubric_does_not_run_is_unsupported(fence):
    reward = CodeReward(CodeParams(), RewardContext(deadline_s=8.0))
    (score,) = reward.score([Sample(completion=f"```{fence}\nx\n```", ground_truth=SQUARE)])
    reward.close()
    assert (score.value, score.kind) == (None, "unsupported")


def test_the_table_the_parameters_and_the_build_command_name_the_same_languages():
    assert set(get_args(Language)) == {"python", *LANGUAGES}
    assert {item.value for item in BuiltLanguage} == set(LANGUAGES)
    assert get_args(CppStd) == LANGUAGES["c++"].stds


def test_the_docs_list_every_language(repository):
    page = (repository / "docs" / "languages.md").read_text(encoding="utf-8")
    for language in LANGUAGES.values():
        fences = ", ".join(f"`{fence}`" for fence in language.fences)
        tools = ", ".join(f"`{tool}`" for tool in [*language.compiler[:1], *language.runner[:1]] if tool != "./main")
        memory = f"{language.reserve_bytes >> 20} MiB" if language.reserve_bytes else ""
        typed = "yes" if language.name in OPENS else "no"
        cells = [f"`{language.name}`", fences, tools, f"`{' '.join(language.packages)}`", memory, typed]
        assert f"| {' | '.join(cells)} |".replace("|  |", "| |") in page
