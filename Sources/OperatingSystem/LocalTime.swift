#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The zone of this process: that of the variable `TZ`, else that of the system.
package enum LocalTime: Sendable {
    /// The zone's distance to UTC (seconds, positive in the east) and its short name at a moment, given in seconds since
    /// 1970.
    package static func zone(at seconds: Int64) -> (offset: Int64, name: String) {
        var moment = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&moment, &parts) != nil else { return (0, "UTC") }
        let name = unsafe parts.tm_zone.map { unsafe String(cString: $0) } ?? "UTC"
        return (Int64(unsafe parts.tm_gmtoff), name)
    }
}
