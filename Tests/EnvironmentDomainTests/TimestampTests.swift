import EnvironmentDomain
import Foundation
import Testing

@Suite("A timestamp")
struct TimestampTests {
    static let known: [(milliseconds: Int64, text: String)] = [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-1000, "1969-12-31T23:59:59.000Z"),
        (-86_400_000, "1969-12-31T00:00:00.000Z"),
        (86_399_999, "1970-01-01T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_000_000_000_000, "2001-09-09T01:46:40.000Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (2_147_483_647_000, "2038-01-19T03:14:07.000Z"),
        (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
        (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test("Known moments have these texts, and the texts are read as these moments", arguments: known)
    func knownValues(milliseconds: Int64, text: String) throws {
        #expect(Timestamp(millisecondsSince1970: milliseconds).text == text)
        #expect(try Timestamp(text).millisecondsSince1970 == milliseconds)
    }

    @Test("A hundred thousand random moments are equal to those read from their texts")
    func roundTrips() throws {
        var source = RandomSource(seed: 2026)
        var lost: [Int64] = []
        for _ in 0..<100_000 {
            let milliseconds = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &source)
            let moment = Timestamp(millisecondsSince1970: milliseconds)
            if try Timestamp(moment.text) != moment { lost.append(milliseconds) }
        }
        #expect(lost == [])
    }

    @Test("The seconds of random moments since 1900 are written as Foundation writes them")
    func agreesWithFoundation() {
        var source = RandomSource(seed: 1900)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -2_208_988_800...253_402_300_799, using: &source)
            let text = Timestamp(millisecondsSince1970: seconds * 1000).text
            #expect(text.prefix(19) + "Z" == Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))
        }
    }

    @Test("Every day from 1896 to 2104 follows the day before")
    func everyDay() throws {
        let first = try Timestamp("1896-01-01T12:00:00.000Z").millisecondsSince1970
        let last = try Timestamp("2104-12-31T12:00:00.000Z").millisecondsSince1970
        var day = 1
        var month = 1
        var year = 1896
        var wrong: [String] = []
        for moment in stride(from: first, through: last, by: 86_400_000) {
            let text = Timestamp(millisecondsSince1970: moment).text
            func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            if text != "\(year)-\(padded(month))-\(padded(day))T12:00:00.000Z" { wrong.append(text) }
            let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            (day, month) = day == length ? (1, month + 1) : (day + 1, month)
            if month == 13 { (month, year) = (1, year + 1) }
        }
        #expect(wrong == [])
        #expect(year == 2105)
    }

    @Test("The 29th of February is a day in leap years", arguments: [4, 400, 1600, 1996, 2000, 2024, 2400, 9996])
    func leapYears(year: Int) throws {
        let digits = String(year)
        let text = String(repeating: "0", count: 4 - digits.count) + digits + "-02-29T00:00:00.000Z"
        #expect(try Timestamp(text).text == text)
    }

    @Test(
        "A text that is no moment of the calendar or has another form is refused",
        arguments: [
            "2026-02-30T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "1900-02-29T00:00:00.000Z",
            "2100-02-29T00:00:00.000Z", "2026-04-31T00:00:00.000Z", "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z", "2026-01-00T00:00:00.000Z", "2026-01-32T00:00:00.000Z",
            "0000-01-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:60.000Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.",
            "2026-01-01T00:00:00", "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00.000Zz",
            "2026-01-01T00:00:00.000+0000", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60",
            "2026-01-01T00:00:00+1:000", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
            "2026-01-01T00:00:00,000Z", "-026-01-01T00:00:00.000Z",
            "+026-01-01T00:00:00.000Z", "2026-1--01T00:00:00.000Z", "2026-01-01T00:00:00.-01Z",
            " 2026-01-01T00:00:00.00Z", "２026-01-01T00:00:00.0Z", "2026-01-01T00:00:00.000", "",
        ])
    func refuses(text: String) {
        let error = #expect(throws: InvalidValue.self) { try Timestamp(text) }
        #expect(
            error?.description
                == "\"\(text)\" is not a valid time: a moment in RFC 3339; for example \"2026-11-20T22:19:01.123Z\"")
    }

    @Test(
        "Every RFC 3339 form of a moment is read, and one form is written",
        arguments: [
            ("2026-11-20T22:19:01Z", "2026-11-20T22:19:01.000Z"), ("2026-11-20t22:19:01z", "2026-11-20T22:19:01.000Z"),
            ("2026-11-20T22:19:01.5Z", "2026-11-20T22:19:01.500Z"),
            ("2026-11-20T22:19:01.123999999Z", "2026-11-20T22:19:01.123Z"),
            ("2026-11-20T22:19:01.000000000000000000000001Z", "2026-11-20T22:19:01.000Z"),
            ("2026-11-20T22:19:01+00:00", "2026-11-20T22:19:01.000Z"),
            ("2026-11-20T22:19:01-00:00", "2026-11-20T22:19:01.000Z"),
            ("2026-11-20T22:19:01.123+05:30", "2026-11-20T16:49:01.123Z"),
            ("2026-12-31T22:19:01-02:00", "2027-01-01T00:19:01.000Z"),
        ])
    func otherForms(text: String, written: String) throws {
        #expect(try Timestamp(text).text == written)
    }

    @Test(
        "A number outside the years 1 to 9999 becomes the nearest moment inside",
        arguments: [
            (Int64.min, "0001-01-01T00:00:00.000Z"), (-62_135_596_800_001, "0001-01-01T00:00:00.000Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
        ])
    func clamps(milliseconds: Int64, text: String) {
        #expect(Timestamp(millisecondsSince1970: milliseconds).text == text)
    }

    @Test("Moments are ordered by time, as their texts are")
    func order() {
        let moments = Self.known.map { Timestamp(millisecondsSince1970: $0.milliseconds) }.sorted()
        #expect(moments.map(\.millisecondsSince1970) == Self.known.map(\.milliseconds).sorted())
        #expect(moments.map(\.text) == Self.known.map(\.text).sorted())
    }

    @Test("The time between two moments is exact to the millisecond")
    func since() {
        let (early, late) = (Timestamp(millisecondsSince1970: -250), Timestamp(millisecondsSince1970: 1000))
        #expect(late.since(early) == .milliseconds(1250))
        #expect(early.since(late) == .milliseconds(-1250))
    }

    @Test("Now is the system's clock")
    func now() {
        let before = Date().timeIntervalSince1970
        let now = Double(Timestamp.now().millisecondsSince1970) / 1000
        let after = Date().timeIntervalSince1970
        #expect(now > before - 0.002 && now < after + 0.002)
    }
}
