// The desk: asks the sandbox once a second what is new, and passes on what a person does here.

import { drawLog, drawPhones, el } from "./draw.js";
import { openSheet } from "./sheets.js";
import { drawSwitches } from "./switches.js";
import { fullTime, shortTime } from "./words.js";

const find = (id) => document.getElementById(id);
let desk = null;
let askedAt = 0;

/** Ask the control API; a refusal becomes an Error with its words. */
export async function ask(path, content, method = content === undefined ? "GET" : "POST") {
  const body = content === undefined ? undefined : JSON.stringify(content);
  const answer = await fetch(`/__ctl${path}`, { method, body });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** Do something, then show at once what came of it. */
export async function act(path, content, method) {
  const told = await ask(path, content, method);
  await look();
  return told;
}

async function look() {
  try {
    const since = desk ? `?since=${desk.revision}` : "";
    const told = await ask(`/desk${since}`);
    askedAt = performance.now();
    const isNew = "phones" in told;
    desk = { ...desk, ...told };
    find("lost").hidden = true;
    draw(isNew);
  } catch {
    find("lost").hidden = false;
  }
}

function nowOnDesk() {
  return desk.clock.now + ((performance.now() - askedAt) / 1000) * desk.clock.rate;
}

function tick() {
  if (desk) find("now").textContent = fullTime(nowOnDesk());
}

function draw(isNew) {
  drawPhones(find("row"), desk, (deed, openid) => openSheet(deed, desk, openid));
  drawClockKeys();
  tick();
  if (!isNew) return;
  find("empty").hidden = desk.phones.length > 0;
  drawSwitches(find("faults"), find("troubles"), desk);
  drawLog(find("log"), desk);
  const { sent = 0, received = 0, refused = 0, waiting = 0 } = desk.figures;
  find("figures").textContent = `送出 ${sent} · 收到 ${received} · 退回 ${refused} · 等着 ${waiting}`;
  const first = desk.phones[0];
  find("speak").hidden = !first;
  if (first) find("speak").lastElementChild.textContent = `替${first.name || "第一台"}说一件事`;
}

function drawClockKeys() {
  const { rate } = desk.clock;
  find("fast").setAttribute("aria-pressed", rate === 60);
  find("fast").textContent = rate === 60 ? "×60 走着" : "×60";
  find("pause").setAttribute("aria-pressed", rate === 0);
  find("pause").lastElementChild.textContent = rate === 0 ? "接着走" : "停";
  find("pause").firstElementChild.className = `ic ic-${rate === 0 ? "play" : "pause"}`;
  drawNextDue(find("next-due"), desk.next_due);
}

/** The key stays where it is while what came due is seen to; a moment later it names the next. */
function drawNextDue(key, due) {
  key.hidden = !due;
  if (!due) return;
  const isAhead = due.at > nowOnDesk();
  key.disabled = !isAhead;
  key.lastElementChild.textContent = isAhead ? `到下一个到点：${shortTime(due.at, nowOnDesk())}` : "到点了，正在办";
  key.title = due.label;
}

find("fast").addEventListener("click", () => act("/clock", { rate: desk.clock.rate === 60 ? 1 : 60 }));
find("pause").addEventListener("click", () => act("/clock", desk.clock.rate === 0 ? { rate: 1 } : { pause: true }));
find("next-due").addEventListener("click", () => act("/clock", { now: desk.next_due.at + 1 }));
find("add-phone").addEventListener("click", () => openSheet("add", desk));
find("add-first").addEventListener("click", () => openSheet("add", desk));
find("afresh").addEventListener("click", () => openSheet("afresh", desk));
find("speak").addEventListener("click", () => openSheet("reply", desk, desk.phones[0].openid));
for (const key of document.querySelectorAll("[data-advance]")) {
  key.addEventListener("click", () => act("/advance", { seconds: Number(key.dataset.advance) }));
}

find("log").replaceChildren(el("li", { class: "none-yet" }, "…"));
look();
setInterval(look, 1000);
setInterval(tick, 200);
