//! Which instructions the kernels use: chosen once, at run time.
//!
//! A loop is written once, as the [`Kernel::run`] of a small struct, and compiled for each
//! [`Path`]; [`dispatch`] runs the one that fits the machine. So the program is fast without
//! `RUSTFLAGS`, and a loop without fused multiply-adds gives the same bits on every path.
#![allow(unsafe_code, reason = "entering a function compiled for instructions that were detected")]

use std::sync::OnceLock;

/// The environment variable that forces a path: `avx512`, `avx2` or `portable`.
pub const VARIABLE: &str = "DESCENT_KERNEL";

/// A set of instructions, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// 16 lanes, fused multiply-add.
    Avx512,
    /// 8 lanes, fused multiply-add.
    Avx2,
    /// What every machine of the target has.
    Portable,
}

impl Path {
    /// All paths, the widest first.
    pub const ALL: [Path; 3] = [Path::Avx512, Path::Avx2, Path::Portable];

    /// The name in records and in [`VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Path::Avx512 => "avx512",
            Path::Avx2 => "avx2",
            Path::Portable => "portable",
        }
    }

    /// Whether this machine can run it.
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

/// The path in use: the widest that the machine has, or the [`forced`] one. A program should refuse what
/// `forced` refuses; here it is as if nothing were asked for.
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
/// If no path has this name, or this machine does not have its instructions; the text lists what it has.
pub fn forced() -> Result<Option<Path>, String> {
    std::env::var_os(VARIABLE).map(|name| by_name(&name.to_string_lossy())).transpose()
}

fn by_name(name: &str) -> Result<Path, String> {
    let found = Path::ALL.into_iter().find(|path| path.name() == name);
    let words = |paths: &mut dyn Iterator<Item = Path>| paths.map(Path::name).collect::<Vec<_>>().join(", ");
    let here = words(&mut Path::ALL.into_iter().filter(|path| path.is_available()));
    match found {
        Some(path) if path.is_available() => Ok(path),
        Some(path) => Err(format!("{VARIABLE}: this machine has not `{}`; it has {here}", path.name())),
        None => {
            let all = words(&mut Path::ALL.into_iter());
            Err(format!("{VARIABLE}: unknown `{name}`; there are {all}, and this machine has {here}"))
        }
    }
}

/// Asks for the cache lines of `data`, so that they are near when they are read some time later.
#[inline(always)]
pub fn prefetch(data: &[u8]) {
    prefetch_at(data, 0, data.len());
}

/// A loop to be compiled for every path.
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
/// If the machine does not have them.
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

/// Asks for the cache lines of `count` elements from `slice[start]` on, which will be needed soon; what
/// lies beyond the end is not read.
#[inline(always)]
pub fn prefetch_at<T>(slice: &[T], start: usize, count: usize) {
    for line in (0..count).step_by(64 / size_of::<T>()) {
        prefetch_line(slice.as_ptr().wrapping_add(start + line));
    }
}

/// Asks for the cache line that is pointed to, which need not be there.
#[inline(always)]
pub(crate) fn prefetch_line<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint and no access: any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
