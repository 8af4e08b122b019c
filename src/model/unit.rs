//! Units: every spelling a phone, an export or a Shortcut has for a unit, and the way from one unit to another.
//!
//! The unit is a preference of the phone's owner and changes between two deliveries, so each point is brought to the
//! catalogue's unit before it is compared or stored. One table holds all units; adding one is one line. Units of
//! different dimensions never convert, and a unit nobody knows converts only to itself.

use Dimension::*;

/// What a unit measures. Only units of the same dimension convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Count,
    Percent,
    Frequency,
    Energy,
    Length,
    Speed,
    Mass,
    Volume,
    Flow,
    Time,
    Temperature,
    Pressure,
    Power,
    Sound,
    Glucose,
    Effort,
    Oxygen,
    Conductance,
    Potential,
    International,
    Stage,
}

/// One unit: a value times `scale` plus `offset` is the value in the base unit of the dimension.
#[derive(Debug, PartialEq)]
struct Unit {
    dimension: Dimension,
    scale: f64,
    offset: f64,
    spellings: &'static [&'static str],
}

const fn unit(dimension: Dimension, scale: f64, spellings: &'static [&'static str]) -> Unit {
    shifted(dimension, scale, 0.0, spellings)
}

const fn shifted(dimension: Dimension, scale: f64, offset: f64, spellings: &'static [&'static str]) -> Unit {
    Unit { dimension, scale, offset, spellings }
}

/// mg/dL of glucose in one mmol/L, from the molar mass that HealthKit puts into the unit's name.
const GLUCOSE: f64 = 18.015_588_000_005_41;
/// Kilojoules in one (thermochemical) kilocalorie.
const KCAL: f64 = 4.184;

/// Spellings are written as `plain` leaves them: no blanks, `·` for a product, the micro sign for µ.
/// Case matters only where two units differ in nothing else, as `cal` and `Cal` or `s` and `S` do.
#[rustfmt::skip]
const UNITS: &[Unit] = &[
    unit(Count, 1.0, &[
        "count", "counts", "step", "steps", "times", "appleEffortScore", "flights", "floors", "schritte", "pas", "pasos",
        "passi", "步", "歩", "次", "层", "層",
    ]),
    unit(Percent, 1.0, &["%", "percent"]),

    unit(Frequency, 1.0, &[
        "count/min", "bpm", "rpm", "spm", "brpm", "beats/min", "breaths/min", "steps/min", "strokes/min",
        "rev/min", "1/min", "/min", "schläge/min", "s/min", "bat/min", "lpm", "次/分", "次/分钟", "拍/分",
    ]),
    unit(Frequency, 60.0, &["count/s", "Hz", "1/s"]),
    unit(Frequency, 1.0 / 60.0, &["count/hr", "count/h", "1/hr", "1/h"]),

    unit(Energy, 1.0, &["kcal", "Cal", "kilocalorie", "kilocalories", "千卡", "大卡"]),
    unit(Energy, 0.001, &["cal"]),
    unit(Energy, 1.0 / KCAL, &["kJ", "kilojoule", "kilojoules"]),
    unit(Energy, 0.001 / KCAL, &["J"]),

    unit(Length, 1.0, &["m", "meter", "meters", "metre", "metres"]),
    unit(Length, 1000.0, &["km", "kilometer", "kilometers", "kilometre", "kilometres", "公里", "千米"]),
    unit(Length, 0.01, &["cm"]),
    unit(Length, 0.1, &["dm"]),
    unit(Length, 0.001, &["mm"]),
    unit(Length, 1609.344, &["mi", "mile", "miles"]),
    unit(Length, 0.9144, &["yd", "yard", "yards"]),
    unit(Length, 0.3048, &["ft", "foot", "feet"]),
    unit(Length, 0.0254, &["in", "inch", "inches"]),

    unit(Speed, 1.0, &["m/s", "m/sec"]),
    unit(Speed, 1.0 / 3.6, &["km/hr", "km/h", "kmph", "kph"]),
    unit(Speed, 0.44704, &["mi/hr", "mi/h", "mph"]),
    unit(Speed, 0.3048, &["ft/s", "ft/sec"]),
    unit(Speed, 0.01, &["cm/s", "cm/sec"]),
    unit(Speed, 0.001, &["mm/s"]),
    unit(Speed, 1.0 / 60.0, &["m/min"]),
    unit(Speed, 1000.0 / 60.0, &["km/min"]),
    unit(Speed, 0.3048 / 60.0, &["ft/min"]),
    unit(Speed, 0.9144, &["yd/s"]),
    unit(Speed, 0.0254, &["in/s"]),
    unit(Speed, 1852.0 / 3600.0, &["kn", "knots", "kt"]),

    unit(Mass, 1.0, &["g", "gram", "grams"]),
    unit(Mass, 1000.0, &["kg", "kilogram", "kilograms", "公斤", "千克"]),
    unit(Mass, 0.001, &["mg"]),
    unit(Mass, 0.000_001, &["mcg", "µg", "ug"]),
    unit(Mass, 0.000_000_001, &["ng"]),
    unit(Mass, 453.592_37, &["lb", "lbs", "pound", "pounds"]),
    unit(Mass, 28.349_523_125, &["oz", "ounce", "ounces"]),
    unit(Mass, 6_350.293_18, &["st", "stone", "stones"]),

    unit(Volume, 1.0, &["mL", "milliliter", "milliliters", "millilitre", "millilitres"]),
    unit(Volume, 10.0, &["cL"]),
    unit(Volume, 100.0, &["dL"]),
    unit(Volume, 1000.0, &["L", "liter", "liters", "litre", "litres"]),
    unit(Volume, 29.573_529_562_5, &["fl_oz_us", "fl_oz", "floz"]),
    unit(Volume, 28.413_062_5, &["fl_oz_imp"]),
    unit(Volume, 236.588_236_5, &["cup_us", "cup", "cups"]),
    unit(Volume, 284.130_625, &["cup_imp"]),
    unit(Volume, 473.176_473, &["pt_us"]),
    unit(Volume, 568.261_25, &["pt_imp"]),
    unit(Flow, 1.0, &["L/min"]),
    unit(Flow, 60.0, &["L/s"]),
    unit(Flow, 0.001, &["mL/min"]),
    unit(Flow, 0.06, &["mL/s"]),

    unit(Time, 1.0, &["s", "sec", "secs", "second", "seconds"]),
    unit(Time, 0.001, &["ms", "msec"]),
    unit(Time, 60.0, &["min", "mins", "minute", "minutes", "minuten", "minutos", "minuti", "分钟", "分鐘", "分"]),
    unit(Time, 3600.0, &["hr", "hrs", "h", "hour", "hours", "std", "std.", "stunden", "heures", "horas", "ore", "小时", "小時", "時間"]),
    unit(Time, 86_400.0, &["d", "day", "days"]),

    unit(Temperature, 1.0, &["degC", "°C", "C", "℃"]),
    shifted(Temperature, 5.0 / 9.0, -160.0 / 9.0, &["degF", "°F", "F", "℉"]),
    shifted(Temperature, 1.0, -273.15, &["K"]),

    unit(Pressure, 133.322_387_415, &["mmHg"]),
    unit(Pressure, 1.0, &["Pa"]),
    unit(Pressure, 100.0, &["hPa"]),
    unit(Pressure, 1000.0, &["kPa"]),
    unit(Pressure, 98.0665, &["cmAq", "cmH2O"]),
    unit(Pressure, 101_325.0, &["atm"]),
    unit(Pressure, 3_386.388_640_341, &["inHg"]),

    unit(Power, 1.0, &["W", "watt", "watts"]),
    unit(Power, 1000.0, &["kW"]),
    unit(Sound, 1.0, &["dBASPL", "dB", "dBA", "dB(A)"]),

    unit(Glucose, 1.0, &["mmol/L", "mmol<180.1558800000541>/L", "mmol<180.15588>/L"]),
    unit(Glucose, 1.0 / GLUCOSE, &["mg/dL"]),

    unit(Effort, 1.0, &[
        "kcal/hr·kg", "kcal/(kg·hr)", "kcal/(hr·kg)", "kcal/kg·hr", "kcal/kg/hr", "kcal/hr/kg", "MET",
        "METs",
    ]),
    unit(Effort, 1.0 / KCAL, &["kJ/hr·kg", "kJ/(kg·hr)", "kJ/(hr·kg)", "kJ/kg·hr"]),
    unit(Oxygen, 1.0, &["mL/(kg·min)", "mL/(min·kg)", "mL/min·kg", "mL/kg·min", "mL/kg/min", "mL/min/kg"]),

    unit(Conductance, 1.0, &["mcS", "µS", "uS"]),
    unit(Conductance, 1000.0, &["mS"]),
    unit(Conductance, 1_000_000.0, &["S"]),
    unit(Potential, 1.0, &["mcV", "µV", "uV"]),
    unit(Potential, 1000.0, &["mV"]),
    unit(Potential, 1_000_000.0, &["V"]),
    unit(International, 1.0, &["IU"]),
    unit(Stage, 1.0, &["stage"]),
];

/// The way from one unit to another: a factor, and for temperatures an offset in the target unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conversion {
    /// Target units per source unit.
    pub scale: f64,
    /// Added after scaling, in the target unit.
    pub offset: f64,
}

impl Conversion {
    /// Leaves every value as it is.
    pub const IDENTITY: Self = Self { scale: 1.0, offset: 0.0 };

    /// The value in the target unit; under the identity the same bits.
    pub fn apply(&self, v: f64) -> f64 {
        // Adding 0.0 would turn -0.0 into 0.0.
        if *self == Self::IDENTITY { v } else { v * self.scale + self.offset }
    }

    /// The same of a number that has just been sent, to fifteen digits: 418.4 kJ are 100 kcal, and not what multiplying
    /// leaves of it.
    pub fn read(&self, v: f64) -> f64 {
        if *self == Self::IDENTITY { v } else { to_fifteen_digits(self.apply(v)) }
    }
}

/// A number without the digits that no float is sure of.
fn to_fifteen_digits(v: f64) -> f64 {
    let places = 14 - v.abs().log10().floor() as i32;
    // Powers of ten that a float holds exactly.
    if !v.is_normal() || !(0..=22).contains(&places) {
        return v;
    }
    let scale = 10_f64.powi(places);
    (v * scale).round() / scale
}

/// How to bring values from one unit to another, both in any known spelling. None: there is no way.
///
/// Searches the table, so ask once per series of points and keep the answer.
pub fn conversion(from: &str, to: &str) -> Option<Conversion> {
    if from.trim() == to.trim() {
        return Some(Conversion::IDENTITY);
    }
    let (from, to) = (find(from)?, find(to)?);
    (from.dimension == to.dimension)
        .then(|| Conversion { scale: from.scale / to.scale, offset: (from.offset - to.offset) / to.scale })
}

/// The table's own spelling of a unit, whatever spelling of it is given.
pub fn spelling(of: &str) -> Option<&'static str> {
    find(of)?.spellings.first().copied()
}

/// The unit of a spelling: the exact one, else the only one that differs in nothing but case.
fn find(spelling: &str) -> Option<&'static Unit> {
    let wanted = plain(spelling);
    let having = |same: fn(&str, &str) -> bool| {
        let wanted = &wanted;
        UNITS.iter().filter(move |unit| unit.spellings.iter().any(|known| same(known, wanted)))
    };
    having(|a, b| a == b).next().or_else(|| {
        let mut folded = having(str::eq_ignore_ascii_case);
        folded.next().filter(|_| folded.next().is_none())
    })
}

/// One way of writing what keyboards and locales write in several: blanks, products, micro and degree signs.
fn plain(spelling: &str) -> String {
    let letters = spelling.chars().filter(|letter| !letter.is_whitespace());
    letters
        .map(|letter| match letter {
            '*' | '-' | '⋅' | '∙' | '•' | '×' => '·',
            'μ' => 'µ',
            'º' | '˚' => '°',
            other => other,
        })
        .collect()
}

/// Whether the table has the unit; equal texts convert without it.
#[cfg(test)]
pub(super) fn is_known(spelling: &str) -> bool {
    find(spelling).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(v: f64, from: &str, to: &str) -> f64 {
        conversion(from, to).unwrap_or_else(|| panic!("{from} to {to}")).apply(v)
    }

    #[test]
    fn known_conversions() {
        let cases = [
            (1.0, "lb", "kg", 0.453_592_37),
            (70.0, "kg", "lbs", 154.323_583_529_414_3),
            (1.0, "st", "kg", 6.350_293_18),
            (16.0, "oz", "lb", 1.0),
            (250.0, "µg", "mg", 0.25),
            (26.2, "mi", "km", 42.164_812_8),
            (100.0, "yd", "m", 91.44),
            (6.0, "ft", "cm", 182.88),
            (30.0, "in", "mm", 762.0),
            (418.4, "kJ", "kcal", 100.0),
            (4184.0, "J", "Cal", 1.0),
            (2000.0, "cal", "kcal", 2.0),
            (98.6, "°F", "degC", 37.0),
            (-40.0, "degC", "F", -40.0),
            (310.15, "K", "C", 37.0),
            (0.0, "degC", "degF", 32.0),
            (90.0, "mg/dL", "mmol/L", 4.995_673_746_534_001),
            (5.5, "mmol<180.1558800000541>/L", "mg/dL", 99.085_734_000_029_76),
            (8.0, "fl_oz_us", "mL", 236.588_236_5),
            (2.0, "pt_us", "cup_us", 4.0),
            (0.5, "L", "cL", 50.0),
            (60.0, "mph", "km/hr", 96.560_64),
            (36.0, "kmph", "m/s", 10.0),
            (10.0, "ft/s", "m/s", 3.048),
            (250.0, "cm/s", "km/hr", 9.0),
            (200.0, "m/min", "km/hr", 12.0),
            (1.5, "count/s", "bpm", 90.0),
            (7.5, "hours", "min", 450.0),
            (0.042, "s", "ms", 42.0),
            (16.0, "kPa", "mmHg", 120.009_852_135_305_01),
            (0.25, "kW", "W", 250.0),
            (2.0, "S", "mcS", 2_000_000.0),
            (4.184, "kJ/hr·kg", "MET", 1.0),
        ];
        for (v, from, to, expected) in cases {
            let got = convert(v, from, to);
            assert!((got - expected).abs() <= expected.abs() * 1e-12, "{v} {from}: {got} {to}");
        }
    }

    #[test]
    fn there_and_back_is_the_same_value() {
        for (i, from) in UNITS.iter().enumerate() {
            for to in UNITS[i..].iter().filter(|to| to.dimension == from.dimension) {
                let (a, b) = (from.spellings[0], to.spellings[0]);
                let back = convert(convert(123.456, a, b), b, a);
                assert!((back - 123.456).abs() < 1e-9, "{a} {b}: {back}");
            }
        }
    }

    #[test]
    fn every_spelling_is_plain_and_means_one_unit() {
        for unit in UNITS {
            for spelling in unit.spellings {
                assert_eq!(plain(spelling), *spelling);
                assert_eq!(find(spelling), Some(unit), "{spelling}");
            }
        }
    }

    #[test]
    fn spelling_is_tolerant() {
        let same = [
            ("ml/(kg*min)", "mL/min·kg"),
            ("kcal/hr-kg", "kcal/(kg⋅hr)"),
            ("μg", "mcg"),
            (" KG\u{a0}", "kg"),
            ("ML", "mL"),
            ("km / h", "km/hr"),
            ("BPM", "count/min"),
            ("ºC", "degC"),
            ("dB", "dBASPL"),
            ("steps", "count"),
        ];
        for (a, b) in same {
            assert_eq!(conversion(a, b), Some(Conversion::IDENTITY), "{a} {b}");
        }
    }

    #[test]
    fn case_decides_only_where_it_must() {
        assert_eq!(convert(1.0, "S", "mcS"), 1e6);
        assert_eq!(conversion("s", "mcS"), None);
        assert_eq!(conversion("CAL", "kcal"), None, "a thousand times apart");
        assert_eq!(conversion("MS", "s"), None, "milliseconds or millisiemens");
    }

    #[test]
    fn other_dimensions_and_strangers_do_not_convert() {
        let never = [
            ("kg", "km"),
            ("hours", "count"),
            ("count", "count/min"),
            ("%", "count"),
            ("IU", "mcg"),
            ("mg", "mg/dL"),
            ("kcal", "kcal/hr·kg"),
            ("L", "L/min"),
            ("widgets", "count"),
            ("", "count"),
        ];
        for (a, b) in never {
            assert_eq!(conversion(a, b), None, "{a} {b}");
            assert_eq!(conversion(b, a), None, "{b} {a}");
        }
        assert_eq!(conversion(" widgets ", "widgets"), Some(Conversion::IDENTITY));
    }

    #[test]
    fn what_is_sent_has_no_dust_in_another_unit() {
        for (v, from, to, expected) in [
            (418.4, "kJ", "kcal", 100.0),
            (6.0, "mi", "km", 9.656_064),
            (400.0, "cm/s", "km/hr", 14.4),
            (98.6, "degF", "degC", 37.0),
            (5900.0, "cm", "m", 59.0),
            (0.0, "cm", "m", 0.0),
        ] {
            assert_eq!(conversion(from, to).unwrap().read(v), expected, "{v} {from}");
        }
    }

    #[test]
    fn identity_keeps_every_bit() {
        for v in [-0.0, 0.1 + 0.2, f64::MIN_POSITIVE / 3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(convert(v, "bpm", "count/min").to_bits(), v.to_bits());
        }
    }
}
