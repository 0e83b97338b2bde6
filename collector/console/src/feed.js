// SPDX-License-Identifier: EUPL-1.2
// The collector's data: asked once, then kept live by one event stream.

export const KEEP_MAX = 1000;
const PAGE = 100;
const RETRY_MS = 3000;
// Rows are shown in groups, so that a burst does not redraw the page a row at a time.
const DRAW_MS = 200;

export class NotLoggedIn extends Error {}

let csrf = "";

async function call(path, options) {
	const answer = await fetch(path, { credentials: "same-origin", ...options });
	if (answer.status === 401)
		throw new NotLoggedIn();
	if (answer.status === 204)
		return null;
	const body = await answer.json();
	if (!answer.ok)
		throw new Error(body.error || String(answer.status));
	return body;
}

export const get = (path) => call(path);
export const post = (path) => call(path, { method: "POST", headers: { "X-CSRF-Token": csrf } });

export async function session() {
	const s = await get("/api/v1/session");
	csrf = s.csrf || "";
	return s;
}

export function filterQuery(filter) {
	const q = new URLSearchParams();
	for (const [key, value] of Object.entries(filter))
		if (value)
			q.set(key, value);
	return q;
}

// Newest first, never one twice, at most KEEP_MAX.
export function mergeRows(rows, fresh) {
	const seen = new Set(rows.map((r) => r.id));
	const added = fresh.filter((r) => !seen.has(r.id) && seen.add(r.id));
	return [...added, ...rows].sort((a, b) => b.id - a.id).slice(0, KEEP_MAX);
}

// Follows alerts with one filter; on(event, value) is told what comes.
export class Feed {
	constructor(filter, on) {
		this.filter = filter;
		this.on = on;
		this.lastId = -1;
		this.waiting = [];
		this.closed = false;
		this.start();
	}

	async start() {
		this.on("state", "connecting");
		try {
			const q = filterQuery(this.filter);
			q.set("limit", PAGE);
			const page = await get(`/api/v1/alerts?${q}`);
			if (this.closed)
				return;
			this.lastId = page.last_id;
			this.on("page", page);
			this.open();
		} catch (e) {
			this.failed(e, () => this.start());
		}
	}

	async older(before) {
		const q = filterQuery(this.filter);
		q.set("limit", PAGE);
		q.set("before", before);
		return get(`/api/v1/alerts?${q}`);
	}

	open() {
		const q = filterQuery(this.filter);
		q.set("after", this.lastId);
		this.source = new EventSource(`/api/v1/stream?${q}`);
		this.source.addEventListener("hello", () => this.on("state", "live"));
		this.source.addEventListener("alert", (e) => this.take(e));
		this.source.addEventListener("behind", (e) => this.on("behind", JSON.parse(e.data).rows));
		for (const kind of ["incident", "agent"])
			this.source.addEventListener(kind, (e) => {
				this.lastId = Number(e.lastEventId);
				this.on(kind, JSON.parse(e.data));
			});
		this.source.onerror = () => this.broken();
	}

	take(e) {
		this.lastId = Number(e.lastEventId);
		this.waiting.push(JSON.parse(e.data));
		this.timer ??= setTimeout(() => {
			this.timer = undefined;
			this.on("alerts", this.waiting.splice(0));
		}, DRAW_MS);
	}

	// The browser reconnects by itself after a cut, but not after a refusal.
	broken() {
		this.on("state", "lost");
		if (this.source.readyState !== EventSource.CLOSED)
			return;
		setTimeout(async () => {
			if (this.closed)
				return;
			try {
				await session();
				this.open();
			} catch (e) {
				this.failed(e, () => this.broken());
			}
		}, RETRY_MS);
	}

	failed(e, again) {
		if (this.closed)
			return;
		if (e instanceof NotLoggedIn) {
			this.on("state", "loggedOut");
			return;
		}
		this.on("state", "lost");
		setTimeout(() => this.closed || again(), RETRY_MS);
	}

	close() {
		this.closed = true;
		clearTimeout(this.timer);
		this.source?.close();
	}
}
