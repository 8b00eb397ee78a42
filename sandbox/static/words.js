// Every sentence the desk says, and how it tells the time.

const BEIJING = 8 * 3600;

/** The parts of a moment (unix seconds) as a clock in Beijing shows it. */
function parts(moment) {
  const at = new Date((moment + BEIJING) * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return {
    day: Math.floor((moment + BEIJING) / 86400),
    date: `${at.getUTCMonth() + 1}月${at.getUTCDate()}日`,
    minute: `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`,
    second: two(at.getUTCSeconds()),
  };
}

/** 11月23日 10:24:08 */
export function fullTime(moment) {
  const { date, minute, second } = parts(moment);
  return `${date} ${minute}:${second}`;
}

/** 今天 08:52, 昨天 19:40, 11月3日 08:00 */
export function dayTime(moment, now) {
  const then = parts(moment);
  const names = { 0: "今天", 1: "昨天", "-1": "明天" };
  return `${names[parts(now).day - then.day] ?? then.date} ${then.minute}`;
}

/** 08:44, with the day only when it is not today. */
export function shortTime(moment, now) {
  return dayTime(moment, now).replace("今天 ", "");
}

const REASONS = {
  43101: "没点“允许”，微信退回 43101",
  43004: "没关注公众号，微信退回 43004",
  40003: "微信不认得这个人，退回 40003",
  40037: "微信没有这个模板，退回 40037",
  47003: "有一栏不合微信的规矩，退回 47003",
  41030: "要打开的页面还没发布，退回 41030",
  45009: "今天的次数用完了，退回 45009",
  45015: "超过 48 小时没来往，退回 45015",
  45047: "能说的条数用完了，退回 45047",
  43108: "同一个人一次只能收一条，退回 43108",
  40001: "令牌失效，退回 40001",
  42001: "令牌过期，退回 42001",
  "-1": "微信说忙，退回 -1",
  http_502: "微信不通（502）",
  html: "微信回了一张网页",
  reset: "微信断了线",
  black_hole: "微信没有回音",
  "failed:user block": "拉黑了公众号",
  "failed: system failed": "微信那边没送成",
  "failed:freq limit": "送得太密，微信拦下了",
};

/** Why a message did not arrive. */
export function reason(code) {
  return REASONS[code] ?? `被退回 ${code}`;
}

const FALLBACKS = { sms: "改发短信", template: "改走公众号", subscribe: "改走小程序", wecom: "改走企业微信", custom: "公众号里另说了" };

/** What took over from a message that did not arrive. */
export function fallback(ghost, now) {
  if (!ghost.fallback) return "";
  return `${shortTime(ghost.fallback_at, now)} ${FALLBACKS[ghost.fallback] ?? "另走一路"}。`;
}

/** How a line of the log ended: the words and their colour. */
export function outcome(line) {
  const nth = line.attempt > 1 ? `第 ${line.attempt} 次` : "";
  if (line.outcome === "refused") return [`${nth}${nth ? "也" : ""}没到：${reason(line.detail)}`, "bad"];
  if (line.outcome === "lost") return ["送了三次，没人接", "bad"];
  if (line.detail === "no_signal") return ["等着，没信号", "wait"];
  if (line.detail === "not_looking") return ["到了，还没看", "wait"];
  if (line.detail === "no_answer") return [`${nth}收到了，但没回话`, "bad"];
  if (line.outcome === "received") return [`${nth}收到`, "ok"];
  return [{ accept: "允许了", reject: "没允许", ban: "不许再问" }[line.detail] ?? "", "ok"];
}

const ICONS = [
  ["吹哨|有事找|哨", "whistle"],
  ["收到", "checks"],
  ["升到|没接上|过点", "arrow-up"],
  ["分拣|待办", "tray"],
  ["去看|走访|办好|修好", "footprints"],
  ["没去|名单|日程|小结|会议", "calendar-blank"],
  ["积分|公示|评议|好人", "star"],
];

/** The icon that fits a message's title. */
export function iconFor(title) {
  return ICONS.find(([words]) => new RegExp(words).test(title))?.[1] ?? "bell";
}
