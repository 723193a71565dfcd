//! Instruction sets of the kernels, chosen once at run time.
//!
//! A loop is written once, as the [`Kernel::run`] of a small struct, and compiled for each [`Path`];
//! [`dispatch`] runs the widest one that the machine supports. The program is fast without `RUSTFLAGS`, and a
//! loop without fused multiply-adds gives the same bits on every path.
#![allow(unsafe_code, reason = "entering a function compiled for instructions that were detected")]

use std::sync::OnceLock;

/// Environment variable that forces a path: `avx512`, `avx2` or `portable`.
pub const VARIABLE: &str = "DESCENT_KERNEL";

/// Instruction set, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// 16 lanes, fused multiply-add.
    Avx512,
    /// 8 lanes, fused multiply-add.
    Avx2,
    /// Baseline of the target.
    Portable,
}

impl Path {
    /// All paths, the widest first.
    pub const ALL: [Path; 3] = [Path::Avx512, Path::Avx2, Path::Portable];

    /// Name in records and in [`VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Path::Avx512 => "avx512",
            Path::Avx2 => "avx2",
            Path::Portable => "portable",
        }
    }

    /// True if this machine supports it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && Path::Avx2.is_available()
            }
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Path::Portable => true,
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// The path in use: the [`forced`] one, or the widest that the machine supports. An invalid value of
/// [`VARIABLE`] is ignored here; a program should report the error of `forced`.
pub fn path() -> Path {
    static CHOSEN: OnceLock<Path> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let widest = || Path::ALL.into_iter().find(|path| path.is_available());
        forced().ok().flatten().or_else(widest).unwrap_or(Path::Portable)
    })
}

/// The path that [`VARIABLE`] names, if it is set.
///
/// # Errors
/// If the name is unknown or this machine does not support it; the text lists the supported paths.
pub fn forced() -> Result<Option<Path>, String> {
    std::env::var_os(VARIABLE).map(|name| by_name(&name.to_string_lossy())).transpose()
}

fn by_name(name: &str) -> Result<Path, String> {
    let found = Path::ALL.into_iter().find(|path| path.name() == name);
    let words = |paths: &mut dyn Iterator<Item = Path>| paths.map(Path::name).collect::<Vec<_>>().join(", ");
    let here = words(&mut Path::ALL.into_iter().filter(|path| path.is_available()));
    match found {
        Some(path) if path.is_available() => Ok(path),
        Some(path) => {
            Err(format!("{VARIABLE}: this machine does not support `{}`; it supports {here}", path.name()))
        }
        None => {
            let all = words(&mut Path::ALL.into_iter());
            Err(format!(
                "{VARIABLE}: unknown path `{name}`; known are {all}, and this machine supports {here}"
            ))
        }
    }
}

/// Prefetches the cache lines of `data`.
#[inline(always)]
pub fn prefetch(data: &[u8]) {
    prefetch_at(data, 0, data.len());
}

/// Loop that is compiled for every path.
pub trait Kernel {
    /// Runs the loop; mark the implementation `#[inline(always)]`.
    fn run(self);
}

/// Runs the kernel with the instructions of [`path`].
pub fn dispatch(kernel: impl Kernel) {
    dispatch_on(path(), kernel);
}

/// Runs the kernel with the instructions of `path`.
///
/// # Panics
/// If the machine does not support them.
#[track_caller]
pub fn dispatch_on(path: Path, kernel: impl Kernel) {
    assert!(path.is_available(), "this machine has no {}", path.name());
    match path {
        // SAFETY: the instructions are available, as just checked.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { run_avx512(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { run_avx2(kernel) },
        _ => kernel.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn run_avx512(kernel: impl Kernel) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(kernel: impl Kernel) {
    kernel.run();
}

/// Prefetches the cache lines of `count` elements from `slice[start]` on, up to the end of the slice.
#[inline(always)]
pub fn prefetch_at<T>(slice: &[T], start: usize, count: usize) {
    for line in (0..count).step_by(64 / size_of::<T>()) {
        prefetch_line(slice.as_ptr().wrapping_add(start + line));
    }
}

/// Prefetches the cache line at an address, which need not be valid.
#[inline(always)]
pub(crate) fn prefetch_line<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint, not an access, so any address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
