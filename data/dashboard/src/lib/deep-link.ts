// Links by which the app Health Auto Export sets up one of its automations. The parameters are those of its help page and
// of what others have published. The kinds after Symptoms have their names in its JSON, because no page that we know names them.
//
// What is chosen for the owner, and why:
// - The period is the app's default, yesterday and today, each hour. "Since last sync" would be less to send, but leaves out
//   for good what the watch writes late, such as a resting heart rate; and what is known already costs nothing here.
// - Details come in the finest grain, with the phone's own sums where sources overlap, and sleep as stages.
// - Totals of whole days come apart, seven days each time: they are exactly those of the Health app, and the server believes
//   them first for a day that was over when they were sent.
// - What people enter by hand they often enter for an earlier day, so seven days of it are sent as well.

/** One automation of the app. */
export interface Automation {
  name: string;
  /** What it brings, for whoever chooses. */
  what: string;
  params: Record<string, string>;
  /** The fields as the app shows them, for setting it up by hand. */
  fields: [label: string, choice: string][];
  /** Without it something that most people want is missing. */
  needed?: boolean;
}

const RECENT = { period: "none" };
const WEEK = { period: "previous7Days" };
const RECENT_FIELD: [string, string] = ["Date range", "Default (yesterday and today)"];
const WEEK_FIELD: [string, string] = ["Date range", "Previous 7 days"];

const kind = (name: string, what: string, datatype: string, params: Record<string, string>, range: [string, string]): Automation => ({
  name,
  what,
  params: { datatype, ...params },
  fields: [["Data type", name], range],
});

export const AUTOMATIONS: Automation[] = [
  {
    name: "Health metrics",
    what: "steps, heart rate, sleep and everything else that is measured, in detail",
    params: { datatype: "healthMetrics", ...RECENT, interval: "none", aggregatedata: "true", aggregatesleep: "false" },
    fields: [
      ["Data type", "Health metrics"],
      ["Metrics", "all of them"],
      RECENT_FIELD,
      ["Summarise data", "on, time grouping Default"],
      ["Summarise sleep", "off, so that nights come with their stages"],
    ],
    needed: true,
  },
  {
    name: "Totals of days",
    what: "the same totals that the Health app shows, once a day for the last seven days",
    params: { datatype: "healthMetrics", ...WEEK, interval: "days", aggregatedata: "true", aggregatesleep: "false" },
    fields: [
      ["Data type", "Health metrics"],
      ["Metrics", "all of them"],
      WEEK_FIELD,
      ["Summarise data", "on, time grouping Days"],
      ["Summarise sleep", "off"],
    ],
    needed: true,
  },
  {
    name: "Workouts",
    what: "workouts with heart rate and routes",
    params: { datatype: "workouts", ...RECENT, includeroutes: "true", includeworkoutmetadata: "true", workoutsmetadatainterval: "minutes" },
    fields: [["Data type", "Workouts"], RECENT_FIELD, ["Include route data", "on"], ["Include workout metrics", "on, time grouping Minutes"]],
    needed: true,
  },
  kind("Symptoms", "symptoms that are entered in the Health app", "symptoms", WEEK, WEEK_FIELD),
  kind("State of mind", "moods and emotions", "stateOfMind", WEEK, WEEK_FIELD),
  kind("Medications", "doses that were taken or skipped", "medications", WEEK, WEEK_FIELD),
  kind("Cycle tracking", "periods and what belongs to them", "cycleTracking", WEEK, WEEK_FIELD),
  kind("ECG", "electrocardiograms with their curves", "ecg", RECENT, RECENT_FIELD),
  kind("Heart rate notifications", "high, low and irregular heart rates", "heartRateNotifications", RECENT, RECENT_FIELD),
];

/** What the phone is told in every automation. */
export interface Phone {
  /** Of the server, without a path. */
  server: string;
  key: string;
}

export const INGEST = "/api/v1/ingest";

export const endpoint = (server: string): string => `${server.replace(/\/+$/, "")}${INGEST}`;

/** The link that sets up one automation. Spaces are %20, because the app does not take a plus for one. */
export function deepLink({ server, key }: Phone, { name, params }: Automation): string {
  // Headers are a list with commas in between, so a comma would make two of one.
  if (key.includes(",")) throw new Error("A key with a comma cannot be put into a link.");
  const all = {
    url: endpoint(server),
    name: `health-export: ${name}`,
    headers: `X-API-Key,${key}`,
    format: "json",
    exportversion: "v2",
    ...params,
    batchrequests: "true",
    syncinterval: "hours",
    syncquantity: "1",
    enabled: "true",
  };
  const query = Object.entries(all).map(([field, value]) => `${field}=${encodeURIComponent(value)}`);
  return `com.HealthExport://automation?${query.join("&")}`;
}
