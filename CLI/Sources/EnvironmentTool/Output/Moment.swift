import ArgumentParser
import EnvironmentDomain

/// A time on the command line: `2026-11-20T22:19:01.123Z`, `2026-11-20T22:19:01Z`, `2026-11-20`, or how far away from
/// now: `90s`, `10min`, `2h`, `3d`.
enum Moment {
    static func past(_ text: String) throws -> Timestamp { try parse(text, direction: -1) }
    static func future(_ text: String) throws -> Timestamp { try parse(text, direction: 1) }

    private static func parse(_ text: String, direction: Int64) throws -> Timestamp {
        if let distance = milliseconds(text) {
            return Timestamp(millisecondsSince1970: Timestamp.now().millisecondsSince1970 + direction * distance)
        }
        let whole =
            switch text.count {
            case 10: text + "T00:00:00.000Z"
            case 20: String(text.dropLast()) + ".000Z"
            default: text
            }
        guard let time = try? Timestamp(whole) else {
            throw ValidationError(
                "\(text) is no time; for example 2026-11-20T22:19:01Z, 2026-11-20, 90s, 10min, 2h or 3d.")
        }
        return time
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: Int64] = ["s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400]
        guard let number = Int64(digits), number < 1_000_000, let unit = units[text.dropFirst(digits.count)] else {
            return nil
        }
        return number * unit * 1000
    }
}
