// SPDX-License-Identifier: EUPL-1.2
// Agents: which there are, and whether they are heard of.
import { agentState, agoText, timeLong } from "./format.js";
import { AgentState, Empty } from "./parts.jsx";
import { t } from "./text.js";

export function Agents({ agents }) {
	if (agents.length === 0)
		return <Empty title={t("noAgents")}>{t("noAgentsHow")}</Empty>;
	return (
		<>
			<div class="scroll" tabIndex={0} role="region" aria-labelledby="h-view">
				<table>
					<caption class="visually-hidden">{t("agents")}</caption>
					<thead>
						<tr>
							<th scope="col">{t("agent")}</th>
							<th scope="col">{t("state")}</th>
							<th scope="col">{t("tenant")}</th>
							<th scope="col">{t("host")}</th>
							<th scope="col">{t("lastSeen")}</th>
							<th scope="col">{t("firstSeen")}</th>
						</tr>
					</thead>
					<tbody>
						{agents.map((a) => (
							<tr key={a.name} class={`agent-${agentState(a)}`}>
								<th scope="row">{a.name}</th>
								<td class="nowrap"><AgentState value={agentState(a)} /></td>
								<td>{a.tenant || "–"}</td>
								<td class="mono">{a.host || "–"}</td>
								<td class="nowrap"><time datetime={a.last_seen} title={timeLong(a.last_seen)}>{agoText(a.last_seen)}</time></td>
								<td class="nowrap">{timeLong(a.first_seen)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			<p class="hint note">{t("silentHint")}</p>
		</>
	);
}
