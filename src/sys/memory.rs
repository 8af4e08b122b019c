//! Memory that has been used, back to the machine.

/// Gives back what this thread's part of the allocator still holds.
///
/// What one thread has asked for and another has freed waits until the first asks again, which a thread that only now and
/// then has megabytes to work on may not do for hours.
#[allow(unsafe_code)]
pub fn give_back() {
    // SAFETY: takes no pointers, and works on whatever the calling thread has freed already.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
