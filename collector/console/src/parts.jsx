// SPDX-License-Identifier: EUPL-1.2
// Small parts that every view uses.
import { useEffect, useRef } from "preact/hooks";
import { t } from "./text.js";

const SHAPES = { critical: "■", high: "▲", medium: "◆", low: "●", info: "○", none: "·" };
const STATE_SHAPES = { active: "●", silent: "▲", pending: "◆", revoked: "✕" };

// A shape, a word and a colour: any one of them is enough.
export function Severity({ value }) {
	return (
		<span class={`mark mark-${value}`}>
			<span aria-hidden="true">{SHAPES[value] || SHAPES.none}</span> {t(value)}
		</span>
	);
}

export function AgentState({ value }) {
	return (
		<span class={`mark state-${value}`}>
			<span aria-hidden="true">{STATE_SHAPES[value]}</span> {t(value)}
		</span>
	);
}

export function Empty({ title, children }) {
	return (
		<div class="empty">
			<p class="empty-title">{title}</p>
			{children && <p>{children}</p>}
		</div>
	);
}

// Details beside the list.  Focus goes to its heading, and back where it was.
export function Panel({ label, onClose, children, name }) {
	const heading = useRef(null);

	useEffect(() => {
		heading.current?.focus();
	}, [name]);
	return (
		<aside class="panel" aria-label={label}>
			<div class="panel-head">
				<h2 tabIndex={-1} ref={heading}>{label}</h2>
				<button type="button" class="quiet" onClick={onClose}>
					{t("close")} <kbd aria-hidden="true">Esc</kbd>
				</button>
			</div>
			{children}
		</aside>
	);
}

export function Facts({ rows }) {
	return (
		<dl class="facts">
			{rows.filter(([, value]) => value).map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}
