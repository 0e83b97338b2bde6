/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every sentence of the report, in Dutch (B1) and English, in one table.  %1 to %9
 * stand for what is filled in.
 */
#ifndef COLLECTOR_REPORT_TEXTS_H
#define COLLECTOR_REPORT_TEXTS_H

#include "common/buf.h"

#include <stdint.h>

enum texts_lang {
	TEXTS_NL,
	TEXTS_EN,
	TEXTS_LANGS
};

#define TEXTS(X)                                                                   \
	X(TITLE, "Weekrapport beveiliging", "Weekly security report")              \
	X(WEEK_OF, "Week %1 van %2: %3 tot en met %4", "Week %1 of %2: %3 to %4")  \
	X(ALL_TENANTS, "alle deelnemers", "all participants")                      \
	X(FOR_TENANT, "Voor: %1", "For: %1")                                       \
	X(MADE_AT, "Gemaakt op %1, %2 uur", "Made on %1 at %2")                    \
	X(TLP, "TLP:AMBER+STRICT: alleen voor de eigen organisatie",               \
	    "TLP:AMBER+STRICT: for your own organisation only")                    \
	X(STILL_RUNS,                                                              \
	    "Deze week is nog niet voorbij. De cijfers gaan over %1 van de "       \
	    "168 uren.",                                                           \
	    "This week is not over yet. The figures cover %1 of 168 hours.")       \
	X(H_SUMMARY, "Wat moet u weten", "What you need to know")                  \
	X(S_NOTHING,                                                               \
	    "Deze week is er niets ontvangen. Dit rapport zegt dus niet of "       \
	    "er aanvallen waren.",                                                 \
	    "Nothing was received this week. So this report cannot say whether "   \
	    "there "                                                               \
	    "were attacks.")                                                       \
	X(S_NO_INCIDENT, "Er waren deze week geen nieuwe incidenten.",             \
	    "There were no new incidents this week.")                              \
	X(S_INCIDENT, "Er was deze week 1 nieuw incident.",                        \
	    "There was 1 new incident this week.")                                 \
	X(S_INCIDENTS, "Er waren deze week %1 nieuwe incidenten.",                 \
	    "There were %1 new incidents this week.")                              \
	X(S_SERIOUS_ONE, "Daarvan is er 1 ernstig (hoog of kritiek).",             \
	    "Of these, 1 is serious (high or critical).")                          \
	X(S_SERIOUS, "Daarvan zijn er %1 ernstig (hoog of kritiek).",              \
	    "Of these, %1 are serious (high or critical).")                        \
	X(S_OPEN_ONE, "1 incident is nog niet afgehandeld.",                       \
	    "1 incident has not been closed yet.")                                 \
	X(S_OPEN, "%1 incidenten zijn nog niet afgehandeld.",                      \
	    "%1 incidents have not been closed yet.")                              \
	X(S_HEAVIEST, "Het zwaarste dat nog open staat: %1 (%2). Sinds %3.",       \
	    "The heaviest one still open: %1 (%2). Since %3.")                     \
	X(S_HEAVIEST_ON,                                                           \
	    "Het zwaarste dat nog open staat: %1 (%2). Sinds %3, op %4.",          \
	    "The heaviest one still open: %1 (%2). Since %3, on %4.")              \
	X(S_ALERTS, "Er waren %1 meldingen; de week ervoor %2.",                   \
	    "There were %1 alerts; %2 the week before.")                           \
	X(S_ALERTS_FIRST,                                                          \
	    "Er waren %1 meldingen. Van de week ervoor zijn er geen "              \
	    "gegevens.",                                                           \
	    "There were %1 alerts. There is no data of the week before.")          \
	X(S_NO_AGENTS, "Er zijn geen toegelaten agents bekend.",                   \
	    "No enrolled agents are known.")                                       \
	X(S_AGENTS, "Van %1 van de %2 agents kwamen er gegevens binnen.",          \
	    "Data came in from %1 of %2 agents.")                                  \
	X(S_AGENTS_ONE, "Van de enige agent kwamen gegevens binnen.",              \
	    "Data came in from the only agent.")                                   \
	X(S_AGENTS_ALL, "Van alle %1 agents kwamen gegevens binnen.",              \
	    "Data came in from all %1 agents.")                                    \
	X(S_SILENT_ONE,                                                            \
	    "Let op: 1 agent was de hele week stil. Op dat systeem kunnen we "     \
	    "niets zien.",                                                         \
	    "Note: 1 agent was silent all week. We cannot see anything on that "   \
	    "system.")                                                             \
	X(S_SILENT,                                                                \
	    "Let op: %1 agents waren de hele week stil. Op die systemen "          \
	    "kunnen we niets zien.",                                               \
	    "Note: %1 agents were silent all week. We cannot see anything on "     \
	    "those "                                                               \
	    "systems.")                                                            \
	X(S_LOST,                                                                  \
	    "Er gingen gegevens verloren: %1 records en %2 netwerkpakketten.",     \
	    "Data was lost: %1 records and %2 network packets.")                   \
	X(S_NOT_LOST, "Er is geen verlies van gegevens gemeld.",                   \
	    "No loss of data was reported.")                                       \
	X(H_INCIDENTS, "Incidenten", "Incidents")                                  \
	X(C_INCIDENTS, "Incidenten van deze week, de zwaarste eerst",              \
	    "Incidents of this week, heaviest first")                              \
	X(NO_INCIDENTS, "Geen incidenten.", "No incidents.")                       \
	X(MORE_INCIDENTS, "Nog %1 andere incidenten staan in het JSON-bestand.",   \
	    "Another %1 incidents are in the JSON file.")                          \
	X(COL_ID, "Nummer", "Number")                                              \
	X(COL_WHAT, "Wat", "What")                                                 \
	X(COL_SEVERITY, "Ernst", "Severity")                                       \
	X(COL_BEGAN, "Begin", "Began")                                             \
	X(COL_EVENTS, "Meldingen", "Alerts")                                       \
	X(COL_HOSTS, "Systemen", "Systems")                                        \
	X(COL_ATTACK, "ATT&CK", "ATT&CK")                                          \
	X(COL_STATUS, "Stand", "Status")                                           \
	X(H_ALERTS, "Meldingen", "Alerts")                                         \
	X(C_SEVERITY, "Meldingen naar ernst", "Alerts by severity")                \
	X(C_ENGINE, "Meldingen naar soort controle", "Alerts by kind of check")    \
	X(C_DAY, "Meldingen per dag", "Alerts by day")                             \
	X(CHART_DAY,                                                               \
	    "Staafgrafiek: meldingen per dag, deze week naast de week "            \
	    "ervoor. De getallen staan in de tabel eronder.",                      \
	    "Bar chart: alerts by day, this week beside the week before. The "     \
	    "figures are in the table below.")                                     \
	X(COL_DAY, "Dag", "Day")                                                   \
	X(COL_ENGINE, "Controle", "Check")                                         \
	X(COL_THIS, "Deze week", "This week")                                      \
	X(COL_BEFORE, "Week ervoor", "Week before")                                \
	X(COL_TOTAL, "Totaal", "Total")                                            \
	X(UNKNOWN, "onbekend", "unknown")                                          \
	X(C_RULES, "Regels met de meeste meldingen", "Rules with most alerts")     \
	X(COL_RULE, "Regel", "Rule")                                               \
	X(COL_ALERTS, "Meldingen", "Alerts")                                       \
	X(NO_ALERTS, "Geen meldingen.", "No alerts.")                              \
	X(C_HOSTS, "Systemen met de meeste meldingen", "Systems with most alerts") \
	X(COL_HOST, "Systeem", "System")                                           \
	X(COL_HIGH, "Waarvan hoog", "Of which high")                               \
	X(NO_HOSTS, "Geen meldingen met de naam van een systeem.",                 \
	    "No alerts with the name of a system.")                                \
	X(H_COVERAGE, "Hoe goed kijken we", "How well do we look")                 \
	X(C_AGENTS, "Agents en de uren waarin zij iets lieten horen",              \
	    "Agents and the hours in which they were heard")                       \
	X(COL_AGENT, "Agent", "Agent")                                             \
	X(COL_HOURS, "Uren gehoord", "Hours heard")                                \
	X(COL_RECORDS, "Records", "Records")                                       \
	X(COL_STATE, "Oordeel", "Verdict")                                         \
	X(AGENT_GOOD, "goed: 95 % van de uren of meer",                            \
	    "good: 95 % of hours or more")                                         \
	X(AGENT_GAPS, "gaten: minder dan 95 % van de uren",                        \
	    "gaps: less than 95 % of hours")                                       \
	X(AGENT_SILENT, "stil: niets ontvangen", "silent: nothing received")       \
	X(AGENT_UNKNOWN, "niet (meer) toegelaten, wel gehoord",                    \
	    "heard, but not (or no longer) enrolled")                              \
	X(NO_AGENTS, "Er zijn geen agents bekend.", "No agents are known.")        \
	X(RULES_AGE,                                                               \
	    "Welke versie van de regels elke agent gebruikt, is nog niet "         \
	    "bekend.",                                                             \
	    "Which version of the rules each agent uses is not known yet.")        \
	X(H_LOST, "Wat verloren ging", "What was lost")                            \
	X(C_LOST, "Verlies, zoals de agents het zelf meldden",                     \
	    "Losses, as the agents reported them")                                 \
	X(COL_KIND, "Soort", "Kind")                                               \
	X(COL_NUMBER, "Aantal", "Number")                                          \
	X(LOST_HEALTH, "Records: toestand van agents", "Records: state of agents") \
	X(LOST_ALERT, "Records: meldingen", "Records: alerts")                     \
	X(LOST_FINDING, "Records: bevindingen", "Records: findings")               \
	X(LOST_TELEMETRY, "Records: verkeersgegevens", "Records: traffic data")    \
	X(LOST_PACKETS, "Netwerkpakketten die niet gelezen konden worden",         \
	    "Network packets that could not be read")                              \
	X(H_NOT_SEEN, "Wat we niet zagen", "What we did not see")                  \
	X(NOT_HOSTS,                                                               \
	    "Systemen zonder agent. Hoeveel dat er zijn, weet stadswacht "         \
	    "niet.",                                                               \
	    "Systems without an agent. stadswacht does not know how many there "   \
	    "are.")                                                                \
	X(NOT_CIPHER, "De inhoud van versleuteld verkeer.",                        \
	    "The content of encrypted traffic.")                                   \
	X(NOT_HOURS,                                                               \
	    "%1 van de %2 uren van de toegelaten agents waren zonder "             \
	    "gegevens.",                                                           \
	    "%1 of the %2 hours of enrolled agents were without data.")            \
	X(CUT,                                                                     \
	    "Er waren zo veel verschillende regels, systemen of incidenten dat "   \
	    "de "                                                                  \
	    "lijsten niet volledig zijn. De totalen zijn wel goed.",               \
	    "There were so many different rules, systems or incidents that the "   \
	    "lists "                                                               \
	    "are not complete. The totals of alerts are right.")                   \
	X(H_WORDS, "Woordenlijst", "Glossary")                                     \
	X(W_ALERT, "Melding", "Alert")                                             \
	X(W_ALERT_D,                                                               \
	    "Een regel herkende iets verdachts. Dat hoeft geen aanval te "         \
	    "zijn.",                                                               \
	    "A rule recognised something suspicious. It need not be an attack.")   \
	X(W_INCIDENT, "Incident", "Incident")                                      \
	X(W_INCIDENT_D,                                                            \
	    "Meldingen die bij elkaar horen: hetzelfde systeem, adres of "         \
	    "bestand binnen een dag.",                                             \
	    "Alerts that belong together: the same system, address or file "       \
	    "within a "                                                            \
	    "day.")                                                                \
	X(W_AGENT, "Agent", "Agent")                                               \
	X(W_AGENT_D,                                                               \
	    "Het programma op een systeem dat verkeer en bestanden "               \
	    "controleert.",                                                        \
	    "The program on a system that checks traffic and files.")              \
	X(W_RECORD, "Record", "Record")                                            \
	X(W_RECORD_D, "Een regel met gegevens die een agent opstuurt.",            \
	    "A line of data that an agent sends.")                                 \
	X(W_ATTACK, "ATT&CK", "ATT&CK")                                            \
	X(W_ATTACK_D,                                                              \
	    "Een internationale lijst met manieren van aanvallen. Elke "           \
	    "manier heeft een nummer, zoals T1110.",                               \
	    "An international list of ways to attack. Each has a number, such as " \
	    "T1110.")                                                              \
	X(W_WEEK, "Week", "Week")                                                  \
	X(W_WEEK_D,                                                                \
	    "Van maandag 00:00 uur tot de volgende maandag, Nederlandse tijd, "    \
	    "genummerd volgens ISO 8601.",                                         \
	    "From Monday 00:00 to the next Monday, Dutch time, numbered as in "    \
	    "ISO "                                                                 \
	    "8601.")                                                               \
	X(SEV_1, "hoog", "high")                                                   \
	X(SEV_2, "midden", "medium")                                               \
	X(SEV_3, "laag", "low")                                                    \
	X(SEV_4, "ter informatie", "informational")                                \
	X(LEVEL_0, "ter informatie", "informational")                              \
	X(LEVEL_1, "laag", "low")                                                  \
	X(LEVEL_2, "midden", "medium")                                             \
	X(LEVEL_3, "hoog", "high")                                                 \
	X(LEVEL_4, "kritiek", "critical")                                          \
	X(ENGINE_RULES, "Regels voor verkeer", "Traffic rules")                    \
	X(ENGINE_YARA, "Bestanden (YARA)", "Files (YARA)")                         \
	X(ENGINE_NDPI, "Risico's in verkeer (nDPI)", "Risks in traffic (nDPI)")    \
	X(ENGINE_IOC, "Bekende kenmerken van aanvallers", "Known indicators")      \
	X(ENGINE_BEHAVIOUR, "Gedrag", "Behaviour")                                 \
	X(ENGINE_SIGMA, "Samenhang tussen meldingen (Sigma)",                      \
	    "Connections between alerts (Sigma)")                                  \
	X(ENGINE_AGENT, "Toestand van agents", "State of agents")                  \
	X(ENGINE_OTHER, "Overig", "Other")                                         \
	X(STATUS_NEW, "nieuw", "new")                                              \
	X(STATUS_CLOSED, "gesloten", "closed")                                     \
	X(STATUS_OLDER, "begon eerder", "began earlier")                           \
	X(DAY_0, "maandag", "Monday")                                              \
	X(DAY_1, "dinsdag", "Tuesday")                                             \
	X(DAY_2, "woensdag", "Wednesday")                                          \
	X(DAY_3, "donderdag", "Thursday")                                          \
	X(DAY_4, "vrijdag", "Friday")                                              \
	X(DAY_5, "zaterdag", "Saturday")                                           \
	X(DAY_6, "zondag", "Sunday")                                               \
	X(MONTH_1, "januari", "January")                                           \
	X(MONTH_2, "februari", "February")                                         \
	X(MONTH_3, "maart", "March")                                               \
	X(MONTH_4, "april", "April")                                               \
	X(MONTH_5, "mei", "May")                                                   \
	X(MONTH_6, "juni", "June")                                                 \
	X(MONTH_7, "juli", "July")                                                 \
	X(MONTH_8, "augustus", "August")                                           \
	X(MONTH_9, "september", "September")                                       \
	X(MONTH_10, "oktober", "October")                                          \
	X(MONTH_11, "november", "November")                                        \
	X(MONTH_12, "december", "December")

#define TEXTS_ID(id, nl, en) TEXT_##id,
enum texts_id {
	TEXTS(TEXTS_ID) TEXTS_COUNT
};
#undef TEXTS_ID

/* A sentence as it stands in the table. */
const char *texts_get(enum texts_lang lang, enum texts_id id);
/* With %1.. filled in from arg (n of them). */
void texts_fill(struct buf *out, enum texts_lang lang, enum texts_id id,
    const char *const *arg, size_t n);
/* -1 for a language we do not speak. */
int texts_lang_parse(const char *name);
const char *texts_lang_name(enum texts_lang lang);

#endif
