// SPDX-License-Identifier: EUPL-1.2
// Incidents: the list, and one with its timeline.
import { useEffect, useState } from "preact/hooks";
import { Place } from "./alerts.jsx";
import { get } from "./feed.js";
import { severityOf, signatureOf, timeLong, timeText, titleOf, zoneName } from "./format.js";
import { Empty, Facts, Panel, Severity } from "./parts.jsx";
import { t } from "./text.js";

export function incidentOf(row) {
	return row.record?.incident || {};
}

// One that turned out to be part of another is no longer one by itself.
export function isMerged(row) {
	return incidentOf(row).status === "merged";
}

function Row({ row, selected, onSelect }) {
	const n = incidentOf(row);
	const severity = severityOf(n.severity);

	return (
		<tr class={`sev-${severity}${selected ? " selected" : ""}`} onClick={() => onSelect(n.id)}>
			<td class="nowrap"><Severity value={severity} /></td>
			<th scope="row" class="message">
				<button type="button" class="link" data-row aria-expanded={selected}
					onClick={(e) => { e.stopPropagation(); onSelect(n.id); }}>
					{titleOf(n) || n.id}
				</button>
			</th>
			<td class="extra">{(n.entities || []).filter((e) => e.type !== "seen").slice(0, 3).map((e) => e.value).join(", ") || "–"}</td>
			<td class="nowrap extra">{row.tenant || "–"}</td>
			<td class="nowrap">{t(n.status || "new")}</td>
			<td class="num">{n.count ?? "–"}</td>
			<td class="mono nowrap extra"><time datetime={n.first} title={timeLong(n.first)}>{timeText(n.first)}</time></td>
			<td class="mono nowrap"><time datetime={n.last} title={timeLong(n.last)}>{timeText(n.last)}</time></td>
		</tr>
	);
}

// What the events have in common: the values that the rule grouped them by.
function groupText(group) {
	return Object.entries(group || {}).map(([k, v]) => `${k} ${v}`).join(", ");
}

function Entities({ of }) {
	return ["host", "seen", "ip", "sha256"].map((type) => {
		const values = of.filter((e) => e.type === type).map((e) => e.value);
		return values.length > 0 && (
			<div key={type}>
				<span class="hint">{t(`entity_${type}`)}</span>
				<ul class="plain-list">{values.map((v) => <li key={v} class="mono">{v}</li>)}</ul>
			</div>
		);
	});
}

function Timeline({ events }) {
	if (events.length === 0)
		return <p>{t("noTimeline")}</p>;
	return (
		<ol class="timeline">
			{events.map((row) => (
				<li key={row.id} class={`sev-${severityOf(row.record?.alert?.severity)}`}>
					<time class="mono" datetime={row.record?.timestamp}>{timeText(row.record?.timestamp)}</time>
					<div>
						<Severity value={severityOf(row.record?.alert?.severity)} />{" "}
						<strong>{signatureOf(row.record) || row.record?.event_type || t("damaged", { n: row.id })}</strong>
						<div class="hint">{row.record && <Place record={row.record} />}</div>
						<div class="hint">{row.agent}</div>
					</div>
				</li>
			))}
		</ol>
	);
}

function Details({ id, row, onClose }) {
	const [found, setFound] = useState(null);
	const [error, setError] = useState("");
	const n = row ? incidentOf(row) : {};

	// Asked again when the incident grew.
	useEffect(() => {
		let stale = false;
		get(`/api/v1/incidents/${encodeURIComponent(id)}`)
			.then((d) => stale || setFound(d), (e) => stale || setError(e.message));
		return () => { stale = true; };
	}, [id, row?.id]);
	return (
		<Panel label={t("incidentDetails")} onClose={onClose} name={id}>
			<p class="panel-title"><Severity value={severityOf(n.severity)} /> {titleOf(n)}</p>
			<Facts rows={[
				[t("tenant"), row?.tenant],
				[t("status"), n.merged_into
					? <>{t("partOf")} <a href={`#incidents/${encodeURIComponent(n.merged_into)}`}>{n.merged_into}</a></>
					: t(n.status || "new")],
				[t("first"), timeLong(n.first)],
				[t("last"), timeLong(n.last)],
				[t("count"), n.count !== undefined && String(n.count)],
				[t("technique"), (n.attack || []).join(", ")],
				[t("entities"), n.entities?.length > 0 &&
					<Entities of={n.entities} />],
				[t("rowNumber"), <span class="mono">{id}</span>],
			]} />
			{n.firings?.length > 0 && (
				<>
					<h3>{t("why")}</h3>
					<ul class="plain-list">
						{n.firings.map((f) => <li key={f.id}>
								{t("whyFiring", { t: titleOf(f), n: f.count })}
								{groupText(f.group) && <div class="hint mono">{groupText(f.group)}</div>}
							</li>)}
					</ul>
				</>
			)}
			<h3>{t("timeline")}</h3>
			{error && <p role="alert">{t("failed", { e: error })}</p>}
			{found ? <Timeline events={found.events} /> : !error && <p>{t("loading")}</p>}
		</Panel>
	);
}

export function Incidents({ rows, selected, onSelect, onClose }) {
	const listed = rows.filter((r) => !isMerged(r));

	if (listed.length === 0 && !selected)
		return <Empty title={t("noIncidents")}>{t("noIncidentsHow")}</Empty>;
	const row = rows.find((r) => incidentOf(r).id === selected);
	return (
		<div class={selected ? "split" : undefined}>
			<div class="list">
				<div class="scroll" tabIndex={0} role="region" aria-labelledby="h-view">
					<table>
						<caption class="visually-hidden">{t("incidents")}</caption>
						<thead>
							<tr>
								<th scope="col">{t("severity")}</th>
								<th scope="col">{t("happened")}</th>
								<th scope="col" class="extra">{t("entities")}</th>
								<th scope="col" class="extra">{t("tenant")}</th>
								<th scope="col">{t("status")}</th>
								<th scope="col" class="num">{t("count")}</th>
								<th scope="col" class="extra">{t("first")}</th>
								<th scope="col">{t("last")} <span class="hint">({zoneName()})</span></th>
							</tr>
						</thead>
						<tbody>
							{listed.map((r) => (
								<Row key={incidentOf(r).id} row={r} selected={incidentOf(r).id === selected} onSelect={onSelect} />
							))}
						</tbody>
					</table>
				</div>
			</div>
			{selected && <Details id={selected} row={row} onClose={onClose} />}
		</div>
	);
}
