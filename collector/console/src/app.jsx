// SPDX-License-Identifier: EUPL-1.2
// The page: header, three views, what is live and what is said aloud.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Agents } from "./agents.jsx";
import { Alerts } from "./alerts.jsx";
import { Feed, get, mergeRows, NotLoggedIn, post, session } from "./feed.js";
import { agentState, parseTime, severityOf } from "./format.js";
import { incidentOf, Incidents, isMerged } from "./incidents.jsx";
import { KeysDialog, useKeys } from "./keys.jsx";
import { getLanguage, setLanguage, t } from "./text.js";

const VIEWS = ["alerts", "incidents", "agents"];
const NO_FILTER = { severity: "", tenant: "", engine: "", text: "" };
// A screen reader hears at most this often about new alerts.
const ANNOUNCE_MS = 10000;
const AGENTS_MS = 30000;
const INCIDENTS_MS = 1000;
const HOUR_MS = 3600 * 1000;

// A setting that the browser remembers; private windows may refuse.
function useSetting(name, fallback) {
	const [value, setValue] = useState(() => {
		try {
			return JSON.parse(localStorage.getItem(name)) ?? fallback;
		} catch {
			return fallback;
		}
	});
	const set = (v) => {
		setValue(v);
		try {
			localStorage.setItem(name, JSON.stringify(v));
		} catch { /* the setting then lasts as long as the page */ }
	};
	return [value, set];
}

function viewOfAddress() {
	const [view, id] = location.hash.slice(1).split("/");
	return { view: VIEWS.includes(view) ? view : "alerts", id: id ? decodeURIComponent(id) : "" };
}

function useAddress() {
	const [at, setAt] = useState(viewOfAddress);

	useEffect(() => {
		const listen = () => setAt(viewOfAddress());
		window.addEventListener("hashchange", listen);
		return () => window.removeEventListener("hashchange", listen);
	}, []);
	return at;
}

// Polite, in counts, and not more often than ANNOUNCE_MS.
function useAnnouncer() {
	const [said, setSaid] = useState("");
	const waiting = useRef({ n: 0, high: 0 });
	const timer = useRef(undefined);

	return [said, (rows) => {
		waiting.current.n += rows.length;
		waiting.current.high += rows.filter((r) => r.record?.alert?.severity === 1).length;
		timer.current ??= setTimeout(() => {
			const { n, high } = waiting.current;
			waiting.current = { n: 0, high: 0 };
			timer.current = undefined;
			setSaid(high > 0 ? t("announceHigh", { n, h: high }) : t("announce", { n }));
		}, said === "" ? 1000 : ANNOUNCE_MS);
	}];
}

function Figure({ value, label, tone }) {
	return (
		<div class={`figure${tone ? ` figure-${tone}` : ""}`}>
			<dt>{label}</dt>
			<dd>{value}</dd>
		</div>
	);
}

function Figures({ hour, incidents, agents }) {
	const open = incidents.filter((r) => incidentOf(r).status !== "closed" && !isMerged(r)).length;
	const active = agents.filter((a) => a.state === "active");
	const silent = active.filter((a) => agentState(a) === "silent").length;
	const more = (n) => (hour.more ? t("atLeast", { n }) : n);

	return (
		<dl class="figures">
			<Figure value={more(hour.high)} label={t("lastHourHigh")} tone={hour.high > 0 && "high"} />
			<Figure value={more(hour.all)} label={t("lastHour")} />
			<Figure value={open} label={t("openIncidents")} tone={open > 0 && "high"} />
			<Figure value={silent} label={`${t("silentAgents")} (${t("ofAgents", { n: active.length })})`} tone={silent > 0 && "medium"} />
		</dl>
	);
}

function Header({ at, state, onLanguage, onHelp, onLogout }) {
	const states = { live: "●", connecting: "◌", lost: "✕", loggedOut: "✕" };

	return (
		<header class="top">
			<p class="brand"><img src="/favicon.svg" alt="" width="26" height="26" /> {t("title")} <span>{t("subtitle")}</span></p>
			<nav aria-label={t("nav")}>
				<ul>
					{VIEWS.map((v) => (
						<li key={v}><a href={`#${v}`} aria-current={at.view === v ? "page" : undefined}>{t(v)}</a></li>
					))}
				</ul>
			</nav>
			<p class={`connection connection-${state}`} title={t(state === "live" ? "liveLong" : state)} role="status">
				<span aria-hidden="true">{states[state]}</span> {t(state)}
			</p>
			<div class="tools">
				<button type="button" class="quiet" onClick={onHelp}>{t("help")} <kbd aria-hidden="true">?</kbd></button>
				<button type="button" class="quiet" lang={getLanguage() === "nl" ? "en" : "nl"} onClick={onLanguage}>{t("language")}</button>
				<button type="button" class="quiet" onClick={onLogout}>{t("logout")}</button>
			</div>
		</header>
	);
}

function LoggedOut() {
	return (
		<main id="content" class="plain">
			<h1>{t("loggedOut")}</h1>
			<p>{t("loggedOutHow")}</p>
			<pre><code>sudo stadswachtctl login-link</code></pre>
		</main>
	);
}

export function App() {
	const at = useAddress();
	const [language, rememberLanguage] = useSetting("language", "nl");
	const [keysOn, setKeysOn] = useSetting("shortcuts", true);
	const [help, setHelp] = useState(false);
	const [state, setState] = useState("connecting");
	const [loading, setLoading] = useState(true);
	const [filter, setFilter] = useState(NO_FILTER);
	const [rows, setRows] = useState([]);
	const [next, setNext] = useState(null);
	const [held, setHeld] = useState([]);
	const [paused, setPaused] = useState(false);
	const [behind, setBehind] = useState(0);
	const [selected, setSelected] = useState(null);
	const [incidents, setIncidents] = useState([]);
	const [agents, setAgents] = useState([]);
	const [error, setError] = useState("");
	const [said, announce] = useAnnouncer();
	const [, tick] = useState(0);
	const pausedNow = useRef(paused);
	const feed = useRef(null);
	const opener = useRef(null);
	const incidentsTimer = useRef(undefined);

	pausedNow.current = paused;
	if (getLanguage() !== language || document.documentElement.lang !== language)
		setLanguage(language);

	const fail = (e) => (e instanceof NotLoggedIn ? setState("loggedOut") : setError(e.message));
	const loadIncidents = () => get("/api/v1/incidents").then((d) => setIncidents(d.incidents), fail);
	// An incident that grows fast is asked for at most every INCIDENTS_MS.
	const incidentsSoon = () => {
		incidentsTimer.current ??= setTimeout(() => {
			incidentsTimer.current = undefined;
			loadIncidents();
		}, INCIDENTS_MS);
	};
	const loadAgents = () => get("/api/v1/agents").then((d) => setAgents(d.agents), fail);

	const handlers = {
		state: (s) => { setState(s); if (s === "live") setError(""); },
		page: (page) => { setRows(page.alerts); setNext(page.next); setHeld([]); setLoading(false); },
		alerts: (fresh) => {
			setBehind(0);
			announce(fresh);
			if (pausedNow.current)
				setHeld((old) => mergeRows(old, fresh));
			else
				setRows((old) => mergeRows(old, fresh));
		},
		behind: setBehind,
		incident: incidentsSoon,
		agent: loadAgents,
	};
	const latest = useRef(handlers);
	latest.current = handlers;

	useEffect(() => {
		session().then(() => { loadIncidents(); loadAgents(); }, fail);
		const timer = setInterval(() => { loadAgents(); tick((n) => n + 1); }, AGENTS_MS);
		return () => clearInterval(timer);
	}, []);
	useEffect(() => {
		setLoading(true);
		setRows([]);
		feed.current = new Feed(filter, (event, value) => latest.current[event](value));
		return () => feed.current.close();
	}, [filter]);
	useEffect(() => {
		document.title = `${t(at.view)} – ${t("title")}`;
	}, [at.view, language]);

	const go = (view, id) => { location.hash = id ? `${view}/${encodeURIComponent(id)}` : view; };
	const pause = () => {
		if (paused) {
			setRows((old) => mergeRows(old, held));
			setHeld([]);
		}
		setPaused(!paused);
	};
	const select = (row) => { opener.current = document.activeElement; setSelected(row); };
	const selectIncident = (id) => { opener.current = document.activeElement; go("incidents", id); };
	const close = () => {
		if (help) {
			setHelp(false);
			return;
		}
		if (!selected && !at.id)
			return;
		setSelected(null);
		if (at.id)
			go(at.view);
		opener.current?.focus?.();
	};
	const older = async () => {
		try {
			const page = await feed.current.older(next);
			setRows((old) => mergeRows(old, page.alerts));
			setNext(page.next);
		} catch (e) {
			fail(e);
		}
	};
	const logout = () => post("/api/v1/logout").then(() => setState("loggedOut"), fail);

	useKeys(keysOn, { view: go, pause, close, help: () => setHelp(true) });

	const tenants = useMemo(() => [...new Set([...agents, ...rows, ...incidents]
		.map((x) => x.tenant).filter(Boolean))].sort(), [agents, rows, incidents]);
	const since = Date.now() - HOUR_MS;
	const recent = rows.filter((r) => parseTime(r.received) > since);
	const hour = {
		all: recent.length,
		high: recent.filter((r) => severityOf(r.record?.alert?.severity) === "high").length,
		more: recent.length === rows.length && next !== null,
	};

	return (
		<>
			<a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content").focus(); }}>{t("skip")}</a>
			<Header at={at} state={state} onLanguage={() => rememberLanguage(language === "nl" ? "en" : "nl")}
				onHelp={() => setHelp(true)} onLogout={logout} />
			<div class="visually-hidden" role="status" aria-live="polite">{said}</div>
			{state === "loggedOut" ? <LoggedOut /> : (
				<main id="content" tabIndex={-1}>
					<div class="head">
						<h1 id="h-view">{t(at.view)}</h1>
						<Figures hour={hour} incidents={incidents} agents={agents} />
					</div>
					{state === "lost" && <p class="notice" role="alert">{t("lostLong")}</p>}
					{behind > 0 && <p class="notice" role="status">{t("behind", { n: behind })}</p>}
					{error && state !== "lost" && <p class="notice" role="alert">{t("failed", { e: error })}</p>}
					{at.view === "alerts" && (
						<Alerts rows={rows} loading={loading} next={next} onOlder={older} filter={filter} setFilter={setFilter}
							tenants={tenants} paused={paused} held={held.length} onPause={pause} selected={selected}
							onSelect={select} onClose={close} />
					)}
					{at.view === "incidents" && (
						<Incidents rows={incidents} selected={at.id} onSelect={selectIncident} onClose={close} />
					)}
					{at.view === "agents" && <Agents agents={agents} />}
				</main>
			)}
			<KeysDialog open={help} onClose={() => setHelp(false)} on={keysOn} setOn={setKeysOn} />
		</>
	);
}
