public import EnvironmentDomain
import OperatingSystem

/// How a program shows people when something happened: in their own zone, or in UTC.
public struct WallClock: Sendable {
    private let isUTC: Bool

    public init(isUTC: Bool = false) { self.isUTC = isUTC }

    /// The moment in whole seconds, with the short name of its zone: `2026-11-20 23:19:01 CET`.
    public func text(_ moment: Timestamp) -> String {
        let seconds = moment.millisecondsSince1970 / 1000
        let zone = isUTC ? (offset: 0, name: "UTC") : LocalTime.zone(at: seconds)
        let text = Timestamp(millisecondsSince1970: moment.millisecondsSince1970 + zone.offset * 1000).text
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) \(zone.name)"
    }

    /// The moment and how long ago it was: `2026-11-20 23:19:01 CET (5 min ago)`.
    public func withAge(_ moment: Timestamp) -> String { "\(text(moment)) (\(moment.age) ago)" }
}

extension Timestamp {
    /// How long ago the moment was, roughly.
    public var age: String { Timestamp.now().since(self).asAge }
}
