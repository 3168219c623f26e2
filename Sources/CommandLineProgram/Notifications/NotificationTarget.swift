import Commands
import EnvironmentDomain
import OperatingSystem

/// Somebody who is told what happens to environments: a command that is run, or an address that is sent a JSON document.
public struct NotificationTarget: Hashable, Sendable {
    /// The target's name in the configuration.
    public let name: String
    /// What it is told.
    public let events: Set<Notice.Event>
    /// How it is told.
    public let way: Way
    /// How long it has for one notice.
    public let timeout: Duration

    /// A way to tell somebody something.
    public enum Way: Hashable, Sendable {
        /// A script for `/bin/sh`, with the notice as its standard input and in variables.
        case command(String)
        /// The address that gets the notice with POST.
        case webhook(String)
    }

    init(name: String, from decoder: any Decoder) throws {
        self.name = name
        let container = try decoder.strictContainer(["on", "run", "webhook", "timeout_seconds"])
        let on = MemberName("on")
        let words = try container.decode([String].self, forKey: on)
        events = Set(
            try words.map { word in
                guard let event = Notice.Event(rawValue: word) else {
                    let all = Notice.Event.allCases.map(\.rawValue)
                    throw DecodingError.dataCorruptedError(
                        forKey: on, in: container,
                        debugDescription: "unknown event \(word.quotedAsJSON)"
                            + (word.nearName(in: all).map { ". Did you mean \"\($0)\"?" }
                                ?? "; the events are \(all.joined(separator: ", "))"))
                }
                return event
            })
        guard !events.isEmpty else {
            throw DecodingError.dataCorruptedError(
                forKey: on, in: container, debugDescription: "at least one event is expected")
        }
        let script = try container.decodeIfPresent(String.self, forKey: MemberName("run"))
        let address = try container.decodeIfPresent(String.self, forKey: MemberName("webhook"))
        switch (script, address) {
        case (let script?, nil):
            guard script.utf8.contains(where: { $0 > 0x20 }), !script.has("\0") else {
                throw DecodingError.dataCorruptedError(
                    forKey: MemberName("run"), in: container,
                    debugDescription: "a script that is not empty and has no zero characters is expected")
            }
            way = .command(script)
        case (nil, let address?):
            guard ["http://", "https://"].contains(where: address.hasPrefix),
                address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: MemberName("webhook"), in: container,
                    debugDescription: "an address that begins with https:// or http:// is expected")
            }
            way = .webhook(address)
        default:
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: container.codingPath,
                    debugDescription: "either \"run\" or \"webhook\" is expected"))
        }
        timeout = .seconds(
            try container.decodeNumber("timeout_seconds", default: 10, "a number above 0 and up to 300 is expected") {
                $0 > 0 && $0 <= 300
            })
    }
}
