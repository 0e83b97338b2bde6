// SPDX-License-Identifier: EUPL-1.2
// Records into what people read.
import { getLanguage, t } from "./text.js";

const SEVERITIES = ["none", "high", "medium", "low", "info"];

// "high"...: EVE has numbers (1 is highest), incidents have Sigma's words.
export function severityOf(value) {
	if (typeof value === "number")
		return SEVERITIES[Math.min(Math.max(value, 0), 4)];
	return value === "informational" ? "info" : value || "none";
}

// Our own Sigma rules have a title in Dutch too; other rules have but one.
export function titleOf(x) {
	return (getLanguage() === "nl" && x?.title_nl) || x?.title || "";
}

export function signatureOf(record) {
	return (getLanguage() === "nl" && record?.correlation?.title_nl) || record?.alert?.signature || "";
}

// Our times end in +0000, which not every browser parses without a colon.
export function parseTime(text) {
	return text ? new Date(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) : null;
}

function locale() {
	return getLanguage() === "nl" ? "nl-NL" : "en-GB";
}

export function timeText(text) {
	const d = parseTime(text);
	if (!d || isNaN(d))
		return "–";
	const today = new Date().toDateString() === d.toDateString();
	const clock = d.toLocaleTimeString(locale(), { hour12: false });
	return today ? clock : `${d.toLocaleDateString(locale(), { day: "2-digit", month: "2-digit" })} ${clock}`;
}

export function timeLong(text) {
	const d = parseTime(text);
	return !d || isNaN(d) ? "–" : d.toLocaleString(locale(), {
		weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit",
		minute: "2-digit", second: "2-digit", hour12: false, timeZoneName: "short",
	});
}

export function zoneName() {
	const part = new Intl.DateTimeFormat(locale(), { timeZoneName: "short" })
		.formatToParts(new Date()).find((p) => p.type === "timeZoneName");
	return part ? part.value : "";
}

export function agoText(text) {
	const d = parseTime(text);
	if (!d || isNaN(d))
		return t("never");
	const s = Math.max(0, Math.round((Date.now() - d) / 1000));
	if (s < 90)
		return t("ago_s", { n: s });
	if (s < 5400)
		return t("ago_m", { n: Math.round(s / 60) });
	if (s < 129600)
		return t("ago_h", { n: Math.round(s / 3600) });
	return t("ago_d", { n: Math.round(s / 86400) });
}

function withPort(ip, port) {
	if (!ip)
		return "";
	if (!port)
		return ip;
	return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

// Who to whom, or the file that it is about.
export function placeOf(record) {
	const from = withPort(record.src_ip, record.src_port);
	const to = withPort(record.dest_ip, record.dest_port);
	if (from || to)
		return { from, to };
	return { file: record.fileinfo?.filename || "" };
}

export function agentState(a) {
	if (a.state !== "active")
		return a.state;
	return a.silent ? "silent" : "active";
}
