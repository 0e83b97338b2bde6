// SPDX-License-Identifier: EUPL-1.2
// Live alerts: filters, pause, table, details.
import { useEffect, useState } from "preact/hooks";
import { placeOf, severityOf, signatureOf, timeLong, timeText, zoneName } from "./format.js";
import { Empty, Facts, Panel, Severity } from "./parts.jsx";
import { t } from "./text.js";

const ENGINES = ["rules", "yara", "ndpi", "ioc", "behaviour", "agent", "sigma"];

function Select({ id, label, value, onChange, children }) {
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<select id={id} value={value} onChange={(e) => onChange(e.target.value)}>
				{children}
			</select>
		</div>
	);
}

function Filters({ filter, setFilter, tenants }) {
	const [text, setText] = useState(filter.text);
	const set = (key) => (value) => setFilter({ ...filter, [key]: value });
	const any = Object.values(filter).some(Boolean);

	useEffect(() => setText(filter.text), [filter.text]);
	// A search starts when typing rests.
	useEffect(() => {
		const timer = setTimeout(() => text !== filter.text && set("text")(text), 300);
		return () => clearTimeout(timer);
	}, [text]);
	return (
		<form class="filters" role="search" aria-label={t("filters")} onSubmit={(e) => e.preventDefault()}>
			<Select id="f-severity" label={t("severity")} value={filter.severity} onChange={set("severity")}>
				<option value="">{t("anySeverity")}</option>
				<option value="1">{t("onlyHigh")}</option>
				<option value="2">{t("orHigher", { s: t("medium") })}</option>
				<option value="3">{t("orHigher", { s: t("low") })}</option>
			</Select>
			<Select id="f-tenant" label={t("tenant")} value={filter.tenant} onChange={set("tenant")}>
				<option value="">{t("anyTenant")}</option>
				{tenants.map((name) => <option key={name} value={name}>{name}</option>)}
			</Select>
			<Select id="f-engine" label={t("engine")} value={filter.engine} onChange={set("engine")}>
				<option value="">{t("anyEngine")}</option>
				{ENGINES.map((name) => <option key={name} value={name}>{name}</option>)}
			</Select>
			<div class="field grow">
				<label for="f-text">{t("search")} <span class="hint">({t("searchHint")})</span></label>
				<input id="f-text" type="search" value={text} maxLength={100} autocomplete="off"
					onInput={(e) => setText(e.target.value)} />
			</div>
			<button type="button" class="quiet" disabled={!any}
				onClick={() => setFilter({ severity: "", tenant: "", engine: "", text: "" })}>
				{t("clear")}
			</button>
		</form>
	);
}

export function Place({ record }) {
	const place = placeOf(record);

	if (place.file !== undefined)
		return <span class="mono">{place.file || "–"}</span>;
	// Two IPv4 addresses stay on one line; IPv6 needs the break.
	const short = !/\[/.test(place.from + place.to);
	return (
		<span class={`mono place${short ? " nowrap" : ""}`}>
			<span>{place.from}</span> <span aria-hidden="true">→</span>
			<span class="visually-hidden"> → </span> <span>{place.to}</span>
		</span>
	);
}

function Row({ row, selected, onSelect }) {
	const r = row.record;

	if (!r)
		return <tr><td colSpan={7}>{t("damaged", { n: row.id })}</td></tr>;
	const severity = severityOf(r.alert?.severity);
	return (
		<tr class={`sev-${severity}${selected ? " selected" : ""}`} onClick={() => onSelect(row)}>
			<td class="mono nowrap"><time datetime={r.timestamp} title={timeLong(r.timestamp)}>{timeText(r.timestamp)}</time></td>
			<td class="nowrap"><Severity value={severity} /></td>
			<th scope="row" class="message">
				<button type="button" class="link" data-row aria-expanded={selected}
					onClick={(e) => { e.stopPropagation(); onSelect(row); }}>
					{signatureOf(r) || "–"}
				</button>
			</th>
			<td><Place record={r} /></td>
			<td class="nowrap extra">{row.tenant || "–"}</td>
			<td class="nowrap extra">{row.agent || "–"}</td>
			<td class="nowrap extra">{row.engine || "–"}</td>
		</tr>
	);
}

function Details({ row, onClose }) {
	const r = row.record;
	const a = r.alert || {};
	const file = r.fileinfo || {};

	return (
		<Panel label={t("details")} onClose={onClose} name={row.id}>
			<p class="panel-title"><Severity value={severityOf(a.severity)} /> {signatureOf(r)}</p>
			<Facts rows={[
				[t("time"), timeLong(r.timestamp)],
				[t("received"), timeLong(row.received)],
				[t("where"), <Place record={r} />],
				[t("protocol"), [r.proto, r.app_proto || r.stadswacht?.ndpi?.protocol].filter(Boolean).join(" / ")],
				[t("file"), file.filename && <span class="mono">{file.filename}</span>],
				["SHA-256", file.sha256 && <span class="mono">{file.sha256}</span>],
				[t("category"), a.category],
				[t("rule"), <span class="mono">{a.gid}:{a.signature_id}</span>],
				[t("technique"), (r.stadswacht?.attack || []).join(", ")],
				[t("tenant"), row.tenant],
				[t("agent"), row.agent],
				[t("host"), row.host],
				[t("engine"), row.engine],
				[t("rowNumber"), String(row.id)],
			]} />
			<details>
				<summary>{t("raw")}</summary>
				<pre tabIndex={0} aria-label={t("raw")}>{JSON.stringify(r, null, 2)}</pre>
			</details>
		</Panel>
	);
}

function Pause({ paused, held, onPause }) {
	return (
		<div class="pause">
			<button type="button" class="primary" aria-pressed={paused} onClick={onPause}>
				<span aria-hidden="true">{paused ? "▶" : "❚❚"}</span> {t(paused ? "resume" : "pause")}
			</button>
			{paused && <span class="held">{held > 0 ? t("pausedWaiting", { n: held }) : t("pausedNone")}</span>}
		</div>
	);
}

export function Alerts({ rows, loading, next, onOlder, filter, setFilter, tenants, paused, held, onPause,
	selected, onSelect, onClose }) {
	const filtered = Object.values(filter).some(Boolean);

	return (
		<>
			<div class="bar">
				<Filters filter={filter} setFilter={setFilter} tenants={tenants} />
				<Pause paused={paused} held={held} onPause={onPause} />
			</div>
			<div class={selected ? "split" : undefined}>
				<div class="list">
					{rows.length === 0 && !loading && (filtered
						? <Empty title={t("noMatch")} />
						: <Empty title={t("noAlerts")}>{t("noAlertsHow")}</Empty>)}
					{rows.length === 0 && loading && <Empty title={t("loading")} />}
					{rows.length > 0 && (
						<div class="scroll" tabIndex={0} role="region" aria-labelledby="h-view">
							<table class="alerts">
								<caption class="visually-hidden">{t("shown", { n: rows.length })}</caption>
								<thead>
									<tr>
										<th scope="col">{t("time")} <span class="hint">({zoneName()})</span></th>
										<th scope="col">{t("severity")}</th>
										<th scope="col">{t("message")}</th>
										<th scope="col">{t("where")}</th>
										<th scope="col" class="extra">{t("tenant")}</th>
										<th scope="col" class="extra">{t("agent")}</th>
										<th scope="col" class="extra">{t("engine")}</th>
									</tr>
								</thead>
								<tbody>
									{rows.map((row) => (
										<Row key={row.id} row={row} selected={selected?.id === row.id} onSelect={onSelect} />
									))}
								</tbody>
							</table>
						</div>
					)}
					{rows.length > 0 && (next
						? <button type="button" class="quiet older" onClick={onOlder}>{t("older")}</button>
						: <p class="hint older">{t("oldest")}</p>)}
				</div>
				{selected?.record && <Details row={selected} onClose={onClose} />}
			</div>
		</>
	);
}
