"use strict";
// One judged row is one index into the columns of DATA. Texts are only ever put into text nodes.
const DATA = JSON.parse(document.getElementById("index").textContent);
const ROWS = DATA.rows, ALIASES = Object.keys(DATA.values), ROW_PX = 30, NS = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);
const spacer = $("spacer");
const state = { group: null, kind: null, only: null, selected: -1, shown: [] };

function h(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
function s(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
const number = (value) => value === null || value === undefined ? "–" : String(Math.round(value * 1000) / 1000);
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const colour = (index) => `var(--c${index % 8})`;
const mean = (values) => values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
const given = (values) => values.filter((value) => value !== null && value !== undefined);

// Texts: pieces of JSON behind this script, each parsed once, when a row of it is looked at or searched.
const pieces = new Map(), searchable = [];
function piece(index) {
  if (!pieces.has(index)) {
    const element = $(`t${index}`);
    if (!element) return null;
    pieces.set(index, JSON.parse(element.textContent));
    element.remove();
  }
  return pieces.get(index);
}
const textOf = (row) => { const held = piece(Math.floor(row / DATA.chunk)); return held && held[row % DATA.chunk]; };
function wordsOf(row) {
  if (searchable[row] === undefined) {
    const text = textOf(row);
    if (!text) return "";
    const reasons = Object.values(text.scores).map((score) => score.reason);
    searchable[row] = [text.prompt, text.reasoning, text.answer, text.truth, ...reasons].join("\n").toLowerCase();
  }
  return searchable[row];
}
function readAhead(row) {
  const until = performance.now() + 20;
  while (row < DATA.count && performance.now() < until) wordsOf(row++);
  if (row < DATA.count) setTimeout(readAhead, 5, row);
  else document.documentElement.dataset.ready = "true";
}

// Filters
function matching() {
  const q = $("q").value.trim().toLowerCase(), file = $("file").value, low = $("min").value, high = $("max").value;
  const [alias, kind] = state.kind || [null, null], shown = [];
  const only = state.only && new Set(state.only), ends = alias && DATA.ends[alias];
  for (let row = 0; row < DATA.count; row++) {
    if (file !== "" && ROWS.file[row] !== Number(file)) continue;
    if (state.group !== null && ROWS.group[row] !== state.group) continue;
    if (ends && DATA.kinds[ends[row]] !== kind) continue;
    if (only && !only.has(row)) continue;
    const reward = ROWS.reward[row];
    if (low !== "" && (reward === null || reward < Number(low))) continue;
    if (high !== "" && (reward === null || reward > Number(high))) continue;
    if (q && !wordsOf(row).includes(q)) continue;
    shown.push(row);
  }
  const [by, way] = $("sort").value.split("|"), sign = way === "down" ? -1 : 1;
  const column = by === "reward" ? ROWS.reward : by === "size" ? ROWS.size : by === "time" ? slowest() : DATA.values[by];
  if (column) shown.sort((a, b) => {
    const left = column[a], right = column[b];
    if (left === right) return a - b;
    if (left === null || left === undefined) return 1;
    if (right === null || right === undefined) return -1;
    return sign * (left - right);
  });
  return shown;
}
function slowest() {
  return ROWS.reward.map((_, row) => Object.values(DATA.times).reduce((most, times) => Math.max(most, times[row] || 0), 0));
}
function apply() {
  state.shown = matching();
  state.selected = -1;
  $("counts").textContent = state.shown.length === DATA.count ? counted(DATA.count, "row")
    : `${state.shown.length.toLocaleString("en")} of ${counted(DATA.count, "row")}`;
  chips();
  spacer.style.height = `${state.shown.length * ROW_PX}px`;
  $("list").scrollTop = view.top = 0;
  draw();
  clearTimeout(view.later);
  view.later = setTimeout(overview, 30);  // figures after the rows: typing stays quick
}
function chips() {
  const chip = (text, name) => h("button", { type: "button", onclick: () => { state[name] = null; apply(); } }, `${text}  ✕`);
  $("chips").replaceChildren(...[
    state.group === null ? null : chip(`group: ${DATA.groups[state.group]}`, "group"),
    state.kind === null ? null : chip(`${state.kind[0]}: ${state.kind[1]}`, "kind"),
    state.only === null ? null : chip(`${counted(state.only.length, "row")} named`, "only"),
  ].filter(Boolean));
}
const choose = (name, value) => () => { state[name] = value; apply(); };

// The list: only the rows that can be seen are in the page.
const stepped = ROWS.step.some((step) => step !== null), filed = DATA.files.length > 1;
const shownAliases = ALIASES.slice(0, 6);
function columns() {
  const narrow = innerWidth <= 700;
  return ["46px", filed && !narrow && "130px", stepped && "46px", "64px", ...(narrow ? [] : shownAliases.map(() => "74px")),
    "minmax(0, 1fr)"].filter(Boolean).join(" ");
}
function line(row, at) {
  const narrow = innerWidth <= 700;
  const cells = [h("span", { class: "dim n" }, String(ROWS.line[row]))];
  if (filed && !narrow) cells.push(h("span", { class: "dim" }, DATA.files[ROWS.file[row]].split("/").pop()));
  if (stepped) cells.push(h("span", { class: "dim n" }, number(ROWS.step[row])));
  cells.push(h("strong", { class: "n" }, number(ROWS.reward[row])));
  if (!narrow) for (const alias of shownAliases) {
    const value = DATA.values[alias][row], end = DATA.kinds[DATA.ends[alias][row]] || "";
    const none = value === null || value === undefined;
    cells.push(h("span", { class: `n ${none ? "dim" : value >= 1 ? "good" : value <= 0 ? "bad" : ""}`, title: end }, none ? "–" : number(value)));
  }
  cells.push(h("span", {}, DATA.excerpts[row]));
  const made = h("div", { class: "line", role: "option", id: `row${at}`, "aria-selected": String(at === state.selected), onclick: () => select(at, true) }, ...cells);
  made.style.gridTemplateColumns = columns();
  made.style.top = `${at * ROW_PX}px`;
  return made;
}
const view = { top: 0, height: 600, later: 0 };  // kept here: asking the list would lay out the page
function draw() {
  const list = $("list"), first = Math.max(0, Math.floor(view.top / ROW_PX) - 8);
  const last = Math.min(state.shown.length, first + Math.ceil(view.height / ROW_PX) + 16);
  const lines = [];
  for (let at = first; at < last; at++) lines.push(line(state.shown[at], at));
  list.replaceChildren(spacer, ...lines);
}
function heads() {
  const narrow = innerWidth <= 700;
  const named = ["row", filed && !narrow && "file", stepped && "step", "reward", ...(narrow ? [] : shownAliases), "end of the answer"].filter((name) => name !== false);
  $("heads").replaceChildren(...named.map((name, at) => h("span", { class: at === named.length - 1 || name === "file" ? "" : "n", title: name }, name)));
  $("heads").style.gridTemplateColumns = columns();
}
function select(at, open) {
  if (!state.shown.length) return;
  state.selected = Math.max(0, Math.min(state.shown.length - 1, at));
  const list = $("list"), top = state.selected * ROW_PX;
  if (top < view.top) list.scrollTop = view.top = top;
  if (top + ROW_PX > view.top + view.height) list.scrollTop = view.top = top + ROW_PX - view.height;
  draw();
  list.setAttribute("aria-activedescendant", `row${state.selected}`);
  if (open || !$("detail").hidden) detail(state.shown[state.selected]);
}

// One row
const block = (title, ...content) => h("div", { class: "block" }, h("h2", {}, title), ...content);
function folded(title, text, open) {
  return h("details", open ? { open: "" } : {}, h("summary", {}, `${title} (${counted(text.length, "character")})`), h("pre", { dir: "auto" }, text));
}
function detail(row) {
  const text = textOf(row), panel = $("detail");
  if (!text) return;
  const where = `${DATA.files[ROWS.file[row]].split("/").pop()}, row ${ROWS.line[row]}`;
  const group = ROWS.group[row];
  const parts = [
    h("div", { class: "bar" }, h("strong", {}, `${where}   reward ${number(ROWS.reward[row])}`),
      h("button", { type: "button", title: "Previous row", onclick: () => select(state.selected - 1, true) }, "↑"),
      h("button", { type: "button", title: "Next row", onclick: () => select(state.selected + 1, true) }, "↓"),
      h("button", { type: "button", title: "Close", onclick: close }, "✕")),
    h("p", { class: "dim" }, [stepped && `step ${number(ROWS.step[row])}`, text.advantage !== null && `advantage ${number(text.advantage)}`, counted(ROWS.size[row], "character")].filter(Boolean).join(", "), " ",
      group < 0 ? null : h("button", { class: "link", type: "button", onclick: choose("group", group) }, "all completions of this prompt")),
    folded("prompt", text.prompt, text.prompt.length < 2000),
    text.reasoning === null ? null : folded("reasoning", text.reasoning, text.reasoning.length < 3000),
    h("div", { class: text.truth === null ? "block" : "block pair" },
      h("div", {}, h("h2", {}, "answer"), h("pre", { dir: "auto" }, text.answer || "(empty)")),
      text.truth === null ? null : h("div", {}, h("h2", {}, "ground truth"), h("pre", { dir: "auto" }, text.truth))),
    ...Object.entries(text.scores).map(([alias, score]) => scoreOf(alias, score)),
  ];
  panel.replaceChildren(...parts.filter(Boolean));
  panel.hidden = false;
  panel.scrollTop = 0;
}
function close() { $("detail").hidden = true; $("list").focus(); }
function scoreOf(alias, score) {
  const value = score.value === null ? score.status : number(score.value);
  const weight = typeof score.weight === "number" ? `× ${number(score.weight)}` : Object.entries(score.weight).map(([name, one]) => `${name} × ${number(one)}`).join(", ");
  const tone = score.status === "failed" ? "bad" : score.status === "abstained" ? "warn" : score.value > 0 ? "good" : "bad";
  const named = score.values ? Object.entries(score.values).map(([name, one]) => `${name} ${number(one)}`).join(", ") : "";
  const made = h("div", { class: "score" },
    h("div", {}, h("strong", {}, alias), "  ", h("span", { class: tone }, value), " ", h("span", { class: "dim" }, `${score.paid ? weight : "probe, not paid"}  ${score.kind}  ${named}`)),
    score.reason ? h("div", {}, score.reason) : null);
  for (const [name, value] of Object.entries(score.details)) made.append(evidence(name, value));
  const pair = score.value === null || score.value >= 1 ? null : compared(score.details);
  if (pair) made.append(difference(...pair));
  return made;
}
function evidence(name, value) {
  if (value === null || value === "" || (Array.isArray(value) && !value.length)) return "";
  if (Array.isArray(value) && value.every((one) => one && typeof one === "object" && !Array.isArray(one))) return h("div", { class: "scroll" }, tests(name, value));
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 120 || text.includes("\n") ? folded(name, text, false) : h("div", { class: "dim" }, `${name}: ${text}`);
}
function tests(name, rows) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, 7);
  const cell = (value) => value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return h("table", {}, h("caption", { class: "dim" }, `${name}: ${rows.length}`), h("tr", {}, ...keys.map((key) => h("th", {}, key))),
    ...rows.slice(0, 50).map((row) => h("tr", {}, ...keys.map((key) => h("td", { class: key !== "verdict" ? "" : row[key] === "passed" ? "good" : "bad" }, cell(row[key]).slice(0, 400))))));
}
const WANTED = ["expected", "ground_truth", "want"], FOUND = ["found", "got", "actual", "output", "answer"];
function compared(details) {
  for (const held of [details.first_failure, ...(Array.isArray(details.results) ? details.results : []), details]) {
    if (!held || typeof held !== "object") continue;
    const want = WANTED.find((key) => key in held && held[key] !== null), got = FOUND.find((key) => key in held && held[key] !== null);
    if (want && got && String(held[want]) !== String(held[got])) return [String(held[want]), String(held[got])];
  }
  return null;
}
function difference(want, got) {
  // Words that are in one alone, by the longest common subsequence; long texts are compared up to a bound.
  const a = want.slice(0, 4000).split(/(\s+)/).slice(0, 400), b = got.slice(0, 4000).split(/(\s+)/).slice(0, 400);
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  const made = h("pre", { dir: "auto" });
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { made.append(a[i]); i++; j++; }
    else if (j >= b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) made.append(h("del", { title: "expected" }, a[i++]));
    else made.append(h("ins", { title: "found" }, b[j++]));
  }
  return block("expected (red) and found (green)", made);
}

// Figures of the rows that are shown
function card(title, ...content) { return h("div", { class: "card" }, h("h2", {}, title), ...content); }
function histogram(values, bins = 24) {
  const low = Math.min(...values), high = Math.max(...values), width = (high - low) || 1, counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width * bins))]++;
  return { low, high, counts };
}
function bars(values, open) {
  if (!values.length) return h("p", { class: "dim" }, "no values");
  const { low, high, counts } = histogram(values), most = Math.max(...counts), wide = 320 / counts.length;
  const drawn = s("svg", { viewBox: "0 0 330 130", role: "img", "aria-label": "histogram" });
  counts.forEach((count, at) => {
    const tall = count ? Math.max(1.5, count / most * 100) : 0, from = low + (high - low) * at / counts.length, to = low + (high - low) * (at + 1) / counts.length;
    const bar = s("rect", { x: 5 + at * wide, y: 108 - tall, width: Math.max(1, wide - 1), height: tall, fill: colour(0) }, s("title", {}, `${number(from)} to ${number(to)}: ${count}`));
    if (open) { bar.style.cursor = "pointer"; bar.addEventListener("click", () => open(from, to)); }
    drawn.append(bar);
  });
  drawn.append(s("line", { x1: 5, x2: 325, y1: 108.5, y2: 108.5, class: "axis" }), s("text", { x: 5, y: 123 }, number(low)), s("text", { x: 325, y: 123, "text-anchor": "end" }, number(high)));
  return drawn;
}
function lines(series, steps) {
  const every = series.flatMap(([, values]) => given(values)), low = Math.min(0, ...every), high = Math.max(...every), tall = (high - low) || 1;
  const drawn = s("svg", { viewBox: "0 0 680 200", role: "img", "aria-label": "values over steps" });
  const x = (at) => 40 + at / Math.max(1, steps.length - 1) * 630, y = (value) => 175 - (value - low) / tall * 160;
  for (const value of [low, (low + high) / 2, high]) drawn.append(s("line", { x1: 40, x2: 670, y1: y(value), y2: y(value), class: "axis" }), s("text", { x: 35, y: y(value) + 4, "text-anchor": "end" }, number(value)));
  series.forEach(([name, values], index) => {
    const points = values.map((value, at) => value === null ? null : `${x(at).toFixed(1)},${y(value).toFixed(1)}`).filter(Boolean).join(" ");
    drawn.append(s("polyline", { points, fill: "none", stroke: colour(index), "stroke-width": index ? 1.5 : 2.5 }, s("title", {}, name)));
  });
  drawn.append(s("text", { x: 40, y: 195 }, `step ${number(steps[0])}`), s("text", { x: 670, y: 195, "text-anchor": "end" }, number(steps[steps.length - 1])));
  return h("div", {}, drawn, legend(series.map(([name]) => name)));
}
const legend = (names) => h("div", {}, ...names.map((name, index) => { const mark = h("i", {}); mark.style.background = colour(index); return h("span", { class: "key" }, mark, name); }));
function overSteps(rows) {
  const steps = [...new Set(rows.map((row) => ROWS.step[row]).filter((step) => step !== null))].sort((a, b) => a - b);
  if (steps.length < 2) return null;
  const files = filed ? [...new Set(rows.map((row) => ROWS.file[row]))] : [null];
  const at = new Map(steps.map((step, index) => [step, index]));
  const curve = (column, file) => {
    const sums = new Float64Array(steps.length), counts = new Float64Array(steps.length);
    for (const row of rows) {
      const value = column[row];
      if (ROWS.step[row] === null || value === null || value === undefined || (file !== null && ROWS.file[row] !== file)) continue;
      sums[at.get(ROWS.step[row])] += value; counts[at.get(ROWS.step[row])]++;
    }
    return [...sums].map((sum, index) => counts[index] ? sum / counts[index] : null);
  };
  const series = files.length > 1 && files.length <= 4 && new Set(files.map((file) => DATA.files[file].split("/").slice(0, -1).join("/"))).size > 1
    ? files.map((file) => [`reward, ${DATA.files[file]}`, curve(ROWS.reward, file)])
    : [["reward", curve(ROWS.reward, null)], ...ALIASES.slice(0, 7).map((alias) => [alias, curve(DATA.values[alias], null)])];
  const made = card("Over the steps of training", lines(series.filter(([, values]) => given(values).length), steps));
  made.append(h("details", {}, h("summary", {}, "Length of completions over the steps"), lines([["characters", curve(ROWS.size, null)]], steps)));
  made.classList.add("wide");
  return made;
}
function scores(rows) {
  const line = (name, values, ends, weight) => {
    const had = given(values), average = mean(had), spread = average === null ? null : Math.sqrt(mean(had.map((value) => (value - average) ** 2)));
    return h("tr", {}, h("td", {}, name), h("td", { class: "n" }, weight), h("td", { class: "n" }, number(average)), h("td", { class: "n" }, number(spread)),
      h("td", { class: "n" }, had.length ? `${Math.round(100 * had.filter((value) => value >= 1).length / had.length)} %` : "–"), h("td", { class: "n" }, had.length.toLocaleString("en")), h("td", { class: "n" }, ends));
  };
  const weight = (alias) => typeof DATA.weights[alias] === "number" ? number(DATA.weights[alias]) : "named";
  const table = h("table", {}, h("tr", {}, ...["score", "weight", "mean", "std", "at 1", "scored", "none"].map((name, at) => h("th", { class: at ? "n" : "" }, name))),
    ...ALIASES.map((alias) => { const values = rows.map((row) => DATA.values[alias][row]); return line(alias, values, (rows.length - given(values).length).toLocaleString("en"), weight(alias)); }),
    line("reward", rows.map((row) => ROWS.reward[row]), String(rows.filter((row) => ROWS.reward[row] === null).length), ""));
  return card("Scores", h("div", { class: "scroll" }, table));
}
function byPrompt(rows) {
  const groups = new Map();
  const best = Math.max(...given(rows.map((row) => ROWS.reward[row])), 0);
  for (const row of rows) {
    if (ROWS.group[row] < 0) continue;
    const held = groups.get(ROWS.group[row]) || groups.set(ROWS.group[row], []).get(ROWS.group[row]);
    held.push(ROWS.reward[row]);
  }
  const several = [...groups].filter(([, rewards]) => rewards.length > 1);
  if (!several.length) return null;
  const truth = ALIASES.find((alias) => DATA.weights[alias] && alias !== "format") || null;
  const rates = several.map(([group, rewards]) => ({ group, size: rewards.length, mean: mean(given(rewards)), flat: new Set(rewards).size === 1,
    rate: rewards.filter((reward) => reward !== null && reward >= best * 0.9).length / rewards.length }));
  const all = rates.filter((one) => one.rate === 1).length, none = rates.filter((one) => one.rate === 0).length, flat = rates.filter((one) => one.flat).length;
  const hardest = [...rates].sort((a, b) => (a.mean ?? 9) - (b.mean ?? 9)).slice(0, 6);
  return card("Groups", h("p", {}, `${counted(several.length, "prompt")} with several completions: ${all} where all, ${several.length - all - none} where some, ${none} where none earn 90 % of the most (${number(best)}).`),
    bars(rates.map((one) => one.rate)), h("p", { class: "dim" }, "Share of completions that earn it, by prompt."),
    flat ? h("p", { class: "warn" }, `${counted(flat, "group")} with identical rewards: no signal for GRPO.`) : null,
    h("h2", {}, truth ? "Lowest mean reward" : "Lowest"), ...hardest.map((one) => h("div", {}, h("button", { class: "link", type: "button", onclick: choose("group", one.group) }, DATA.groups[one.group].slice(0, 80) || "(empty)"), ` ${number(one.mean)} of ${one.size}`)));
}
let axes = null;
function against(rows) {
  const names = ["reward", ...ALIASES, "length"];
  if (!axes) axes = [ALIASES[0] || "reward", "length"];
  const column = (name) => name === "reward" && !(name in DATA.values) ? ROWS.reward : name === "length" ? ROWS.size : DATA.values[name];
  const pick = (at) => h("select", { "aria-label": at ? "Down" : "Across", onchange: (event) => { axes[at] = event.target.value; overview(); } }, ...names.map((name) => h("option", name === axes[at] ? { value: name, selected: "" } : { value: name }, name)));
  const [across, down] = axes.map(column), drawn = s("svg", { viewBox: "0 0 330 200", role: "img", "aria-label": `${axes[0]} against ${axes[1]}` });
  const points = rows.filter((row) => across[row] !== null && across[row] !== undefined && down[row] !== null && down[row] !== undefined);
  const every = Math.max(1, Math.ceil(points.length / 600));
  const bounds = [across, down].map((values) => { let low = Infinity, high = -Infinity; for (const row of points) { low = Math.min(low, values[row]); high = Math.max(high, values[row]); } return [low, (high - low) || 1]; });
  points.forEach((row, at) => {
    if (at % every) return;
    const shake = (row * 2654435761 % 1000) / 1000 - 0.5;
    const x = 12 + (across[row] - bounds[0][0]) / bounds[0][1] * 300 + 10 * shake, y = 185 - (down[row] - bounds[1][0]) / bounds[1][1] * 170 + 6 * shake;
    const dot = s("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.5, fill: colour(0), "fill-opacity": 0.45 });
    dot.addEventListener("click", () => { const index = state.shown.indexOf(row); select(index, true); });
    drawn.append(dot);
  });
  return card("Against each other", h("p", {}, pick(0), " across, ", pick(1), ` up; correlation ${number(correlation(points.map((row) => across[row]), points.map((row) => down[row])))}`), drawn);
}
function correlation(a, b) {
  const ma = mean(a), mb = mean(b);
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) { ab += (a[i] - ma) * (b[i] - mb); aa += (a[i] - ma) ** 2; bb += (b[i] - mb) ** 2; }
  return aa && bb ? ab / Math.sqrt(aa * bb) : null;
}
function kinds(rows) {
  const lines = [];
  for (const alias of ALIASES) {
    const counts = new Map();
    for (const row of rows) { const end = DATA.ends[alias][row]; if (end >= 0) counts.set(end, (counts.get(end) || 0) + 1); }
    for (const [end, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      const kind = DATA.kinds[end], told = DATA.reasons.find((one) => one.reward === alias && one.kind === kind);
      lines.push(h("tr", {}, h("td", {}, alias), h("td", {}, h("button", { class: "link", type: "button", onclick: choose("kind", [alias, kind]) }, kind)), h("td", { class: "n" }, count.toLocaleString("en")),
        h("td", {}, told ? h("details", {}, h("summary", {}, told.first[0][0].slice(0, 60)), ...told.first.map(([reason, times]) => h("div", {}, `${times} × ${reason}`))) : null)));
    }
  }
  const made = card("How judgements ended, and why", h("div", { class: "scroll" }, h("table", {}, h("tr", {}, h("th", {}, "reward"), h("th", {}, "kind"), h("th", { class: "n" }, "rows"), h("th", {}, "reasons, the commonest first")), ...lines)));
  made.classList.add("wide");
  return made;
}
function slow(rows) {
  const names = Object.keys(DATA.times);
  if (!names.length) return null;
  const all = names.flatMap((alias) => rows.filter((row) => DATA.times[alias][row]).map((row) => [DATA.times[alias][row], alias, row])).sort((a, b) => b[0] - a[0]).slice(0, 8);
  return card("Slowest judgements", h("table", {}, ...all.map(([ms, alias, row]) => h("tr", {}, h("td", { class: "n" }, `${number(ms)} ms`), h("td", {}, alias), h("td", {}, h("button", { class: "link", type: "button", onclick: () => { select(state.shown.indexOf(row), true); } }, `row ${ROWS.line[row]}`))))));
}
function suspects() {
  if (!DATA.suspects.length) return null;
  const made = card("Look here first", ...DATA.suspects.map((one) => h("div", {}, one.rows.length ? h("button", { class: "link", type: "button", onclick: choose("only", one.rows) }, one.sentence) : one.sentence)));
  made.classList.add("look", "wide");
  return made;
}
function overview() {
  const rows = state.shown, rewards = given(rows.map((row) => ROWS.reward[row]));
  const narrow = (from, to) => { $("min").value = from; $("max").value = to; apply(); };
  $("overview").replaceChildren(...[suspects(), overSteps(rows), card("Reward", bars(rewards, narrow), h("p", { class: "dim" }, `mean ${number(mean(rewards))}`)), scores(rows), byPrompt(rows), against(rows), slow(rows), kinds(rows)].filter(Boolean));
}

// Start
function options(select, pairs) { select.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, text))); }
$("title").textContent = DATA.title;
options($("file"), [["", "all files"], ...DATA.files.map((name, index) => [String(index), name])]);
$("file").hidden = !filed;
options($("reward"), [["", "any judgement"], ...DATA.reasons.map((one) => [`${one.reward}|${one.kind}`, `${one.reward}: ${one.kind}`])]);
options($("sort"), [["", "as in the files"], ["reward|down", "highest reward"], ["reward|up", "lowest reward"], ["size|down", "longest"], ["size|up", "shortest"],
  ...(Object.keys(DATA.times).length ? [["time|down", "slowest"]] : []), ...ALIASES.flatMap((alias) => [[`${alias}|down`, `highest ${alias}`], [`${alias}|up`, `lowest ${alias}`]])]);
let waiting = 0;
$("q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); });
for (const id of ["file", "min", "max", "sort"]) $(id).addEventListener("change", apply);
$("reward").addEventListener("change", () => { const [alias, kind] = $("reward").value.split("|"); state.kind = alias ? [alias, kind] : null; apply(); });
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => { state.group = state.kind = state.only = null; setTimeout(apply); });
$("list").addEventListener("scroll", () => requestAnimationFrame(() => { view.top = $("list").scrollTop; draw(); }), { passive: true });
addEventListener("resize", () => { view.height = $("list").clientHeight; heads(); draw(); });
$("theme").addEventListener("click", () => {
  const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
addEventListener("keydown", (event) => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
  if (event.key === "Escape") { if (typing) document.activeElement.blur(); else close(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { $("q").focus(); event.preventDefault(); }
  else if (event.key === "ArrowDown" || event.key === "j") { select(state.selected + 1); event.preventDefault(); }
  else if (event.key === "ArrowUp" || event.key === "k") { select(state.selected - 1); event.preventDefault(); }
  else if (event.key === "Enter" && state.selected >= 0 && document.activeElement.tagName !== "BUTTON") detail(state.shown[state.selected]);
});
heads();
apply();
requestAnimationFrame(() => { view.height = $("list").clientHeight; draw(); });
if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => readAhead(0)); else readAhead(0);
