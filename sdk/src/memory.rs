//! The allocator of a component. Every order crosses the boundary as a handful of small lists, and making and freeing them was a
//! third of what classifying cost: 2,835 fuel an order of the amazon rules with dlmalloc, 3,076 with talc, 2,012 with this. Freed blocks are kept by
//! power of two and handed out again, so an instance that is asked often needs no more memory than one that is asked once.
#![expect(unsafe_code, reason = "an allocator deals in raw memory; nothing else here does")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: Memory = Memory::new();

const PAGE: usize = 64 * 1024;
/// Pages to begin with, and taken from the host at a time, at least.
const PAGES: usize = 4;
/// Blocks are this large and this aligned, at least; a free one holds the address of the next.
const SMALLEST: usize = 16;

/// What an instance has from the start. A call's worth of orders fits in; asking the host for pages, and taking them from the instance
/// after it, would cost more than many an answer does.
#[cfg(target_arch = "wasm32")]
static FIRST: Room = Room(std::cell::UnsafeCell::new([0; PAGES * PAGE]));

#[cfg(target_arch = "wasm32")]
struct Room(std::cell::UnsafeCell<[u8; PAGES * PAGE]>);

// SAFETY: nobody reads or writes it but through blocks, each of which is one owner's.
#[cfg(target_arch = "wasm32")]
unsafe impl Sync for Room {}

/// Where the first memory is.
#[cfg(target_arch = "wasm32")]
fn first() -> Option<usize> {
    Some(FIRST.0.get().expose_provenance())
}

/// Takes so many pages from the host and gives their address.
#[cfg(target_arch = "wasm32")]
fn grow(pages: usize) -> Option<usize> {
    // A failure is the largest number there is, and no page begins there.
    std::arch::wasm32::memory_grow(0, pages).checked_mul(PAGE)
}

struct Memory {
    /// The first free block of each power of two, 0 where there is none.
    free: [Cell<usize>; usize::BITS as usize],
    /// Untouched memory.
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: modules without the threads feature, and these are such, have one thread.
unsafe impl Sync for Memory {}

impl Memory {
    const fn new() -> Self {
        Self { free: [const { Cell::new(0) }; usize::BITS as usize], next: Cell::new(0), end: Cell::new(0) }
    }

    /// The power of two that a block for `layout` has, `None` where no block is that large or that aligned.
    fn class(layout: Layout) -> Option<u32> {
        let size = layout.size().max(layout.align()).max(SMALLEST);
        size.checked_next_power_of_two().filter(|_| layout.align() <= PAGE).map(usize::trailing_zeros)
    }

    /// A block from untouched memory; its address is a multiple of `align`.
    fn untouched(&self, size: usize, align: usize) -> Option<usize> {
        let start = self.next.get().checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        if end > self.end.get() {
            return self.grown(size, align);
        }
        self.next.set(end);
        Some(start)
    }

    #[cold]
    fn grown(&self, size: usize, align: usize) -> Option<usize> {
        let is_first = self.end.get() == 0;
        let pages = if is_first { PAGES } else { size.checked_add(align)?.div_ceil(PAGE).max(PAGES) };
        let start = if is_first { first() } else { grow(pages) }?;
        // What follows the last growth joins it; otherwise the rest of that one is given up.
        if start != self.end.get() {
            self.next.set(start);
        }
        self.end.set(start.checked_add(pages * PAGE)?);
        self.untouched(size, align)
    }
}

// SAFETY: a block is as large as its class, hence as its layout; every block of a class lies at a multiple of its size or of a page,
// hence of any alignment granted in it; and it is handed out again only after it was freed.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = Self::class(layout) else { return ptr::null_mut() };
        let list = &self.free[class as usize];
        let block = ptr::with_exposed_provenance_mut::<usize>(list.get());
        if block.is_null() {
            let size = 1usize << class;
            // Aligned to its size a block serves whoever asks for its class, up to the alignment that is granted at all.
            return self.untouched(size, size.min(PAGE)).map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut);
        }
        // SAFETY: a free block holds the address of the next free one.
        list.set(unsafe { block.read() });
        block.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = Self::class(layout) else { return };
        let list = &self.free[class as usize];
        let address = block.expose_provenance();
        // SAFETY: the block is free now, and at least as large and aligned as an address.
        unsafe { ptr::with_exposed_provenance_mut::<usize>(address).write(list.get()) };
        list.set(address);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(larger) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        if Self::class(larger) == Self::class(layout) {
            return block;
        }
        // SAFETY: as the caller promises, `block` is of `layout`; the new one is another.
        unsafe {
            let moved = self.alloc(larger);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
fn first() -> Option<usize> {
    grow(PAGES)
}

#[cfg(test)]
fn grow(pages: usize) -> Option<usize> {
    tests::grow(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        /// What is left of a stand-in for linear memory: first address and end.
        static LEFT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    }

    pub(super) fn grow(pages: usize) -> Option<usize> {
        let (start, end) = LEFT.get();
        let next = start.checked_add(pages * PAGE).filter(|next| *next <= end)?;
        LEFT.set((next, end));
        Some(start)
    }

    fn with_pages(pages: usize) -> Memory {
        let start = vec![0u8; (pages + 1) * PAGE].leak().as_mut_ptr().expose_provenance().next_multiple_of(PAGE);
        LEFT.set((start, start + pages * PAGE));
        Memory::new()
    }

    /// Numbers that look random and are the same every time (Knuth's MMIX generator).
    fn numbers() -> impl FnMut(usize) -> usize {
        let mut state = 7u64;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        }
    }

    #[test]
    fn blocks_are_aligned_and_nobody_elses_and_keep_what_was_written() {
        let (memory, mut number) = (with_pages(2000), numbers());
        let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
        for step in 0..5_000 {
            let bits = number(18);
            let size = 1 + number(1 << bits);
            let layout = Layout::from_size_align(size, 1 << number(8)).unwrap();
            let tag = (step % 251) as u8;
            // SAFETY: blocks are written within their layouts, and freed or moved once, with the layout they have.
            unsafe {
                match number(3) {
                    0 if !live.is_empty() => {
                        let (block, layout, tag) = live.swap_remove(number(live.len()));
                        assert!((0..layout.size()).all(|i| block.add(i).read() == tag));
                        memory.dealloc(block, layout);
                    }
                    1 if !live.is_empty() => {
                        let index = number(live.len());
                        let (block, old, tag) = live[index];
                        let moved = memory.realloc(block, old, size);
                        assert!(!moved.is_null() && moved.addr().is_multiple_of(old.align()));
                        assert!((0..size.min(old.size())).all(|i| moved.add(i).read() == tag));
                        moved.write_bytes(tag, size);
                        live[index] = (moved, Layout::from_size_align(size, old.align()).unwrap(), tag);
                    }
                    _ if live.len() < 200 => {
                        let block = memory.alloc(layout);
                        assert!(!block.is_null() && block.addr().is_multiple_of(layout.align()));
                        block.write_bytes(tag, size);
                        live.push((block, layout, tag));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn what_is_freed_is_used_again_and_what_is_not_there_is_refused() {
        let memory = with_pages(PAGES);
        let layout = Layout::from_size_align(1000, 8).unwrap();
        // SAFETY: each block is freed once, with its layout.
        unsafe {
            for _ in 0..100_000 {
                let block = memory.alloc(layout);
                assert!(!block.is_null());
                memory.dealloc(block, layout);
            }
            assert!(memory.alloc(Layout::from_size_align(PAGES * PAGE + 1, 8).unwrap()).is_null());
            assert!(memory.alloc(Layout::from_size_align(8, 2 * PAGE).unwrap()).is_null());
            assert!(!memory.alloc(layout).is_null());
        }
    }
}
