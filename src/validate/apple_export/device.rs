//! What a record's `device` and `sourceVersion` say of its source.
//!
//! The phone and the watch sign what they have measured with the version of their own system, which stands in the device
//! as well; an app that runs on them signs with its own version, which may happen to look like another one of the system. Anything
//! else is an accessory.

use crate::model::source::{Hardware, Writer};

/// The fields of `<<HKDevice: 0x1>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.4>`.
#[derive(Debug, Default)]
pub struct Device {
    manufacturer: Option<String>,
    model: Option<String>,
    hardware: Option<String>,
    software: Option<String>,
}

impl Device {
    pub fn read(text: &str) -> Device {
        let field = |name: &str| {
            let found = text.split(", ").find_map(|part| part.strip_prefix(name))?;
            let found = found.trim_end_matches('>').trim();
            (!found.is_empty() && found.len() < 100).then(|| found.to_owned())
        };
        Device {
            manufacturer: field("manufacturer:"),
            model: field("model:"),
            hardware: field("hardware:"),
            software: field("software:"),
        }
    }

    /// None where it names no hardware.
    pub fn hardware(self, version: &str) -> Option<Hardware> {
        let apple = self.manufacturer.as_deref().is_none_or(|maker| maker.to_lowercase().contains("apple"));
        let software = self.software;
        let model = self.hardware.or(self.model)?;
        let is_computer = Hardware::is_computer(&model);
        let writer = match is_computer && apple {
            true => signed_by(version.trim(), software.as_deref().map(str::trim)),
            false => Writer::Accessory,
        };
        Some(Hardware { model, writer })
    }
}

/// Who signs with a version on a device whose system has that of `software`. A record may be older or newer than the last
/// update, and without one of the two nobody can tell.
fn signed_by(version: &str, software: Option<&str>) -> Writer {
    let first = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    match software {
        Some(software) if software == version => Writer::System,
        _ if version.is_empty() => Writer::Either,
        _ if !looks_like_a_system(version) => Writer::App,
        Some(software) if first(version) != first(software) => Writer::App,
        _ => Writer::Either,
    }
}

/// Such as `9.4` or `10.1.1`.
fn looks_like_a_system(version: &str) -> bool {
    let parts: Vec<Option<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.len() <= 3 && parts.iter().all(Option::is_some) && parts[0].is_some_and(|first| first < 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(device: &str, version: &str) -> Option<(String, Writer)> {
        let hardware = Device::read(device).hardware(version)?;
        Some((hardware.model, hardware.writer))
    }

    #[test]
    fn the_system_an_app_and_an_accessory_sign_each_in_its_own_way() {
        let watch = "<<HKDevice: 0x1>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.4>";
        for (version, writer) in [
            ("9.4", Writer::System),
            ("9.4.1", Writer::Either),
            ("9", Writer::Either),
            ("", Writer::Either),
            ("5.2.1", Writer::App),
            ("30000", Writer::App),
            ("9.4.1.2", Writer::App),
            ("9b", Writer::App),
        ] {
            assert_eq!(read(watch, version), Some(("Watch6,2".into(), writer)), "{version}");
        }
        let bare = "<<HKDevice: 0x1>, name:iPhone, hardware:iPhone14,5>";
        assert_eq!(read(bare, "17.1"), Some(("iPhone14,5".into(), Writer::Either)));
        assert_eq!(read(bare, "2411"), Some(("iPhone14,5".into(), Writer::App)));
        let buds = "<<HKDevice: 0x1>, name:AirPods Pro, manufacturer:Apple Inc., model:0x2014, hardware:0x2014>";
        assert_eq!(read(buds, "17.1"), Some(("0x2014".into(), Writer::Accessory)));
        assert_eq!(read("<<HKDevice: 0x1>, name:Scale, model:WS-50>", ""), Some(("WS-50".into(), Writer::Accessory)));
        let other = "<<HKDevice: 0x1>, name:Ring, manufacturer:Ring Inc., model:Watch, hardware:Watch6,2>";
        assert_eq!(read(other, ""), Some(("Watch6,2".into(), Writer::Accessory)));
        assert_eq!(read("HKDevice", "1"), None);
    }
}
