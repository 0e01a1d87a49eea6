//! Where memory comes from.

/// What the program allocates with: it makes the parser a quarter faster than the system's allocator.
pub const ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's `mi_option_t` (2.x and 3.x).
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// From now on, the process gives no memory back to the system before it ends. Each file needs about as much as the
/// last one: giving it back between them, as mimalloc does after 10 ms, makes a run an eighth longer.
pub fn keep() {
    // SAFETY: the option exists, and any number is a valid delay; -1 is never.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) };
}
