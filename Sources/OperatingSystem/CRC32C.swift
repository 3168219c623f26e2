import COperatingSystem

/// Returns the CRC-32C (Castagnoli) of the bytes from `start` on, as used by iSCSI, ext4 and Btrfs.
package func crc32c(_ bytes: [UInt8], from start: Int = 0) -> UInt32 {
    unsafe bytes.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
        return unsafe os_crc32c(rest.baseAddress, rest.count)
    }
}
