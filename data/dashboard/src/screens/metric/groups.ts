// Which group of the list a metric belongs to. By words of its name, so that metrics which the catalogue learns later find
// a place too.

const GROUPS: [string, RegExp][] = [
  ["Sleep", /sleep|breathing_disturbances/],
  ["Heart", /heart|cardio|atrial|blood_pressure|perfusion|blood_oxygen|respiratory|vo2/],
  ["Mobility", /walking_(speed|step|asym|double|steadi|heart)|six_minute|stair_speed|running_(power|speed|ground|stride|vertical)|fallen/],
  ["Activity", /energy_burned|active_energy|exercise|move_time|stand|step_count|distance|stroke|push_count|flights|effort|cycling|rowing|paddle|skiing|skating/],
  ["Body", /height|weight|body|waist|temperature|glucose|insulin|electrodermal|forced|expiratory|inhaler/],
  [
    "Nutrition",
    /(^|_)(dietary|carbohydrates|protein|fat|fiber|calcium|chloride|chromium|copper|folate|iodine|iron|magnesium|manganese|molybdenum|niacin|pantothenic|potassium|riboflavin|selenium|sodium|thiamin|vitamin|zinc|phosphorus)/,
  ],
];

export const GROUP_NAMES = ["Activity", "Heart", "Sleep", "Body", "Mobility", "Nutrition", "Other"];

export const groupOf = (name: string): string => GROUPS.find(([, words]) => words.test(name))?.[0] ?? "Other";
