//! Names of the pickle opcodes that the closed machine refuses, for its messages.

/// Opcodes of Python's pickle that this machine refuses: they refer to what is outside the file.
pub(super) fn name(opcode: u8) -> String {
    let name = match opcode {
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        other => return format!("0x{other:02x}"),
    };
    name.to_owned()
}
