//! Records as the canonical ABI lays them out, written and read whole. What wasmtime derives finds the guest's memory anew for each
//! field and works out there and then where in it the field belongs; of a question that was two fifths.
//!
//! Types that are written and read this way stand on parts of wasmtime which it keeps to itself (`component::__internal`), so a new
//! version may ask for changes here, in `questions` and in `answers`. A test holds each against what wasmtime derives. All memory is
//! reached by checked slices: what is wrong here can show a guest nonsense, and no more.

/// Makes a type one of a component's types, by another type that is.
macro_rules! laid_out_as {
    ($type:ty => $model:ty) => {
        // SAFETY: all of it is the model's.
        #[expect(unsafe_code, reason = "the type promises to be laid out as its model is")]
        unsafe impl ComponentType for $type {
            type Lower = <$model as ComponentType>::Lower;
            const ABI: CanonicalAbiInfo = <$model as ComponentType>::ABI;

            fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> wasmtime::Result<()> {
                <$model as ComponentType>::typecheck(ty, types)
            }
        }
    };
}
pub(super) use laid_out_as;

/// Writes fields one after the other, each aligned to its own size.
pub(super) struct Fields<'a> {
    memory: &'a mut [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// Into a record's memory.
    #[inline]
    pub(super) fn new(memory: &'a mut [u8]) -> Self {
        Self { memory, at: 0 }
    }

    #[inline]
    pub(super) fn put<const N: usize>(&mut self, field: [u8; N]) {
        self.at = self.at.next_multiple_of(N);
        self.memory[self.at..self.at + N].copy_from_slice(&field);
        self.at += N;
    }

    /// A list that is in memory already.
    #[inline]
    pub(super) fn list(&mut self, (address, length): (u32, u32)) {
        self.put(address.to_le_bytes());
        self.put(length.to_le_bytes());
    }

    #[inline]
    pub(super) fn option<const N: usize>(&mut self, field: Option<[u8; N]>) {
        self.optional(N, N, field, Self::put);
    }

    /// An option of anything: a flag, and room whether it is there or not.
    #[inline]
    pub(super) fn optional<R>(&mut self, align: usize, size: usize, field: Option<R>, write: impl FnOnce(&mut Self, R)) {
        self.at = self.at.next_multiple_of(align);
        self.memory[self.at] = u8::from(field.is_some());
        let room = self.at + align;
        self.at = room;
        if let Some(field) = field {
            write(self, field);
        }
        self.at = room + size;
    }
}

/// A flag that is neither up nor down.
pub(super) struct Malformed;

/// Reads fields one after the other.
pub(super) struct Record<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Record<'a> {
    /// From a record's bytes.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> [u8; N] {
        self.at = self.at.next_multiple_of(N) + N;
        let mut field = [0; N];
        field.copy_from_slice(&self.bytes[self.at - N..self.at]);
        field
    }

    #[inline]
    pub(super) fn option<T, const N: usize>(&mut self, read: impl FnOnce([u8; N]) -> T) -> Result<Option<T>, Malformed> {
        self.at = self.at.next_multiple_of(N);
        let flag = self.bytes[self.at];
        self.at += N;
        let field = self.take();
        match flag {
            0 => Ok(None),
            1 => Ok(Some(read(field))),
            _ => Err(Malformed),
        }
    }
}
