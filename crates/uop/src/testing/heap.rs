//! The model heap: a few kinds of objects with a typed layout, at made-up addresses.
//!
//! Every byte of an object belongs to one alias class and is read and written with certain access
//! kinds only; anything else is a *fault*: a load outside every object, inside a freed one, across
//! two fields, or a reference stored where another kind of object belongs. Addresses are never
//! used twice, so a reference that outlived its object is caught for as long as the run lasts.

use super::random::{Random, mix};
use crate::interface::{Class, ClassSet};
use crate::types::Mem;

/// Shapes of records and arrays.
pub const SHAPE: Class = Class(0);
/// Integer fields of records.
pub const FIELD: Class = Class(1);
/// Float fields of records.
pub const FLOATS: Class = Class(2);
/// References in records.
pub const LINKS: Class = Class(3);
/// Raw bytes: the tail of a record and the byte storage of arrays.
pub const BYTES: Class = Class(4);
/// Lengths of arrays.
pub const LENGTH: Class = Class(5);
/// Storage pointers of arrays.
pub const DATA: Class = Class(6);
/// Integer storage of arrays.
pub const ELEMENTS: Class = Class(7);

/// The number of the next object to be made; nobody writes it but traces.
pub const NEXT: Class = Class(8);

/// Names of the classes, in order.
pub const CLASS_NAMES: [&str; 9] = [
    "shape", "field", "floats", "links", "bytes", "length", "data", "elements", "next",
];

/// Objects that traces can make. Each has its place by its number, so that it has the same address
/// whenever it is made, and is never made twice.
pub const MADE: u64 = 12;
/// Places that belong to such an object: for an array its storage, too.
const PLACES: usize = 3;

/// Elements that an array's storage has room for.
pub const CAPACITY: u64 = 8;
/// Objects in a heap, freed ones included, after which allocation fails.
pub const OBJECTS: usize = 48 + MADE as usize * PLACES;

/// Where the heap begins.
pub const BASE: u64 = 0x7000_0000_0000;
const STRIDE: usize = 128;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `0 shape.i64, 8 field.i64, 16 floats.f64, 24 links.ref record or null, 32 links.ref array,
    /// 40 bytes[24], 64 field.i64`
    Record,
    /// `0 shape.i64, 8 length.i64, 16 data.ptr integers, 24 data.ptr bytes`
    Array,
    /// `elements.i64[8]`
    Integers,
    /// `bytes[16]`
    Bytes,
    /// `0 next.i64`
    Counter,
}

/// A run of bytes of one class.
struct Field {
    from: u32,
    to: u32,
    class: Class,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Integers of any width, anywhere inside.
    Integers,
    Float,
    Record,
    Array,
    Storage,
}

const fn field(from: u32, to: u32, class: Class, holds: Holds) -> Field {
    Field {
        from,
        to,
        class,
        holds,
    }
}

impl Kind {
    fn fields(self) -> &'static [Field] {
        match self {
            Kind::Record => {
                &const {
                    [
                        field(0, 8, SHAPE, Holds::Integers),
                        field(8, 16, FIELD, Holds::Integers),
                        field(16, 24, FLOATS, Holds::Float),
                        field(24, 32, LINKS, Holds::Record),
                        field(32, 40, LINKS, Holds::Array),
                        field(40, 64, BYTES, Holds::Integers),
                        field(64, 72, FIELD, Holds::Integers),
                    ]
                }
            }
            Kind::Array => {
                &const {
                    [
                        field(0, 8, SHAPE, Holds::Integers),
                        field(8, 16, LENGTH, Holds::Integers),
                        field(16, 24, DATA, Holds::Storage),
                        field(24, 32, DATA, Holds::Storage),
                    ]
                }
            }
            Kind::Integers => &const { [field(0, 64, ELEMENTS, Holds::Integers)] },
            Kind::Bytes => &const { [field(0, 16, BYTES, Holds::Integers)] },
            Kind::Counter => &const { [field(0, 8, NEXT, Holds::Integers)] },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Object {
    kind: Kind,
    alive: bool,
}

/// A place where no object was made yet.
const UNMADE: Object = Object {
    kind: Kind::Record,
    alive: false,
};

/// The heap.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Heap {
    bytes: Vec<u8>,
    objects: Vec<Object>,
}

impl Heap {
    /// Every byte from [`BASE`] on: what real memory there holds for compiled code to run on.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes over what compiled code left in real memory at [`BASE`], which was filled with
    /// [`bytes`](Heap::bytes).
    ///
    /// # Panics
    /// If `bytes` are not as many.
    pub fn set_bytes(&mut self, bytes: &[u8]) {
        self.bytes.copy_from_slice(bytes);
    }

    fn address(index: usize) -> u64 {
        BASE + (index * STRIDE) as u64
    }

    fn index(address: u64) -> Option<usize> {
        usize::try_from(address.checked_sub(BASE)?)
            .ok()
            .map(|offset| offset / STRIDE)
    }

    fn object(&mut self, kind: Kind) -> u64 {
        let address = Heap::address(self.objects.len());
        self.objects.push(Object { kind, alive: true });
        self.bytes.resize(self.objects.len() * STRIDE, 0);
        address
    }

    /// Makes room for the objects that traces make, before there is any other object; the address
    /// of their counter.
    pub fn reserve(&mut self) -> u64 {
        self.objects = vec![UNMADE; MADE as usize * PLACES];
        self.object(Kind::Counter)
    }

    fn is_made(index: usize) -> bool {
        index < MADE as usize * PLACES
    }

    /// Makes the record or array of this number.
    ///
    /// # Errors
    /// If there is none of this number.
    pub fn make(&mut self, number: u64, kind: Kind) -> Result<u64, String> {
        if number >= MADE {
            return Err(format!("there is no object number {number} to make"));
        }
        let first = number as usize * PLACES;
        let kinds: &[Kind] = match kind {
            Kind::Array => &[Kind::Array, Kind::Integers, Kind::Bytes],
            _ => &[Kind::Record],
        };
        for (index, &kind) in (first..).zip(kinds) {
            self.objects[index] = Object { kind, alive: true };
            let at = index * STRIDE;
            self.bytes[at..at + STRIDE].fill(0);
        }
        let object = Heap::address(first);
        if kind == Kind::Array {
            self.put(object + 8, 4);
            self.put(object + 16, Heap::address(first + 1));
            self.put(object + 24, Heap::address(first + 2));
        }
        Ok(object)
    }

    /// Forgets the made objects that `roots` do not reach: whether they were made is nobody's
    /// business.
    pub fn forget_unreached(&mut self, roots: impl IntoIterator<Item = u64>) {
        let reached = self.reached(roots);
        for index in (0..MADE as usize * PLACES).filter(|&index| !reached[index]) {
            self.objects[index] = UNMADE;
            self.bytes[index * STRIDE..][..STRIDE].fill(0);
        }
    }

    /// Whether so many objects were made that allocation should fail.
    pub fn is_full(&self) -> bool {
        self.objects.len() >= OBJECTS
    }

    /// A new array with storage; `length` must not exceed [`CAPACITY`].
    pub fn new_array(&mut self, length: u64) -> u64 {
        let array = self.object(Kind::Array);
        let integers = self.object(Kind::Integers);
        let bytes = self.object(Kind::Bytes);
        self.put(array + 8, length);
        self.put(array + 16, integers);
        self.put(array + 24, bytes);
        array
    }

    /// A new record that refers to `array`.
    pub fn new_record(&mut self, array: u64) -> u64 {
        let record = self.object(Kind::Record);
        self.put(record + 32, array);
        record
    }

    /// The live object at exactly this address.
    pub fn kind_at(&self, address: u64) -> Option<Kind> {
        let index = Heap::index(address)?;
        let object = self.objects.get(index)?;
        (object.alive && Heap::address(index) == address).then_some(object.kind)
    }

    /// Addresses of the live objects of a kind that no trace made, ascending.
    pub fn live(&self, kind: Kind) -> Vec<u64> {
        self.objects
            .iter()
            .enumerate()
            .filter(|(index, _)| !Heap::is_made(*index))
            .filter(|(_, object)| object.alive && object.kind == kind)
            .map(|(index, _)| Heap::address(index))
            .collect()
    }

    fn get(&self, address: u64) -> u64 {
        let at = (address - BASE) as usize;
        let bytes = self.bytes[at..at + 8].try_into();
        u64::from_le_bytes(bytes.expect("eight bytes"))
    }

    fn put(&mut self, address: u64, bits: u64) {
        let at = (address - BASE) as usize;
        self.bytes[at..at + 8].copy_from_slice(&bits.to_le_bytes());
    }

    fn check(&self, address: u64, mem: Mem) -> Result<Holds, String> {
        let wild = || format!("{mem} access at {address:#x}, which is in no object");
        let index = Heap::index(address).ok_or_else(wild)?;
        let object = self.objects.get(index).ok_or_else(wild)?;
        if !object.alive {
            return Err(format!("{mem} access at {address:#x} in a freed object"));
        }
        let from = (address - Heap::address(index)) as u32;
        let to = from + mem.bytes();
        let fields = object.kind.fields();
        let found = fields
            .iter()
            .find(|field| field.from <= from && to <= field.to)
            .ok_or_else(|| {
                format!(
                    "{mem} access at {address:#x}: no field of {:?}",
                    object.kind
                )
            })?;
        let fits = match found.holds {
            Holds::Integers => !matches!(mem, Mem::F64 | Mem::Ref | Mem::Ptr),
            Holds::Float => mem == Mem::F64,
            Holds::Record | Holds::Array => mem == Mem::Ref,
            Holds::Storage => mem == Mem::Ptr,
        };
        if fits {
            Ok(found.holds)
        } else {
            Err(format!(
                "{mem} access at {address:#x} of a field of another type"
            ))
        }
    }

    /// Reads; widened as [`Mem::extend`] says.
    ///
    /// # Errors
    /// What is wrong with the access.
    pub fn load(&self, address: u64, mem: Mem) -> Result<u64, String> {
        self.check(address, mem)?;
        let at = (address - BASE) as usize;
        let mut bytes = [0; 8];
        let width = mem.bytes() as usize;
        bytes[..width].copy_from_slice(&self.bytes[at..at + width]);
        Ok(mem.extend(u64::from_le_bytes(bytes)))
    }

    /// Writes the low bytes of `bits`.
    ///
    /// # Errors
    /// What is wrong with the access or the value; nothing is written then.
    pub fn store(&mut self, address: u64, mem: Mem, bits: u64) -> Result<(), String> {
        let holds = self.check(address, mem)?;
        let right = match holds {
            Holds::Record => bits == 0 || self.kind_at(bits) == Some(Kind::Record),
            Holds::Array => self.kind_at(bits) == Some(Kind::Array),
            Holds::Storage => false,
            Holds::Integers | Holds::Float => true,
        };
        if !right {
            return Err(format!(
                "{bits:#x} stored at {address:#x}, where it does not belong"
            ));
        }
        let at = (address - BASE) as usize;
        let width = mem.bytes() as usize;
        let old = self.bytes[at..at + width].to_vec();
        self.bytes[at..at + width].copy_from_slice(&bits.to_le_bytes()[..width]);
        let index = at / STRIDE;
        if self.objects[index].kind == Kind::Array && self.get(Heap::address(index) + 8) > CAPACITY
        {
            self.bytes[at..at + width].copy_from_slice(&old);
            return Err(format!(
                "an array's length at {address:#x} exceeds its storage"
            ));
        }
        Ok(())
    }

    /// A hash of what `classes` hold in the objects `from`, which live forever, and their storage.
    ///
    /// Of those only, so that allocating and freeing others, which no class stands for, does not
    /// show. Where storage lies shows only in the class that holds its address.
    pub fn hash(&self, classes: ClassSet, from: &[u64]) -> u64 {
        let mut hash = 1;
        for &address in from {
            let mut parts = vec![address];
            if self.kind_at(address) == Some(Kind::Array) {
                parts.extend([self.get(address + 16), self.get(address + 24)]);
            }
            for part in parts {
                let fields = self.kind_at(part).map_or(&[][..], Kind::fields);
                for field in fields.iter().filter(|field| classes.contains(field.class)) {
                    for offset in (field.from..field.to).step_by(8) {
                        hash = mix(hash, self.get(part + u64::from(offset)));
                    }
                }
            }
        }
        hash
    }

    /// The first difference from `other`, which differs.
    pub fn difference(&self, other: &Heap) -> String {
        let objects = self.objects.iter().zip(&other.objects).enumerate();
        for (index, (mine, others)) in objects {
            let address = Heap::address(index);
            if mine != others {
                return format!("the object at {address:#x} is {mine:?}, not {others:?}");
            }
            for offset in (0..STRIDE as u64).step_by(8) {
                let (mine, others) = (self.get(address + offset), other.get(address + offset));
                if mine != others {
                    return format!(
                        "{mine:#x} is at {address:#x} + {offset}, not {others:#x} (a {:?})",
                        self.objects[index].kind
                    );
                }
            }
        }
        format!(
            "there are {} objects, not {}",
            self.objects.len(),
            other.objects.len()
        )
    }

    /// Overwrites a few places of `class`, as `random` says; of the objects that traces made, those
    /// that `known` reaches.
    pub fn scribble(&mut self, class: Class, known: &[u64], random: &mut Random) {
        let mut places = Vec::new();
        let reached = self.reached(known.iter().copied());
        let objects = self.objects.iter().enumerate();
        let seen = objects.filter(|&(index, _)| reached[index] || !Heap::is_made(index));
        for (index, object) in seen.filter(|(_, o)| o.alive && class != NEXT) {
            for field in object.kind.fields().iter().filter(|f| f.class == class) {
                for offset in (field.from..field.to).step_by(8) {
                    places.push((Heap::address(index) + u64::from(offset), field.holds));
                }
            }
        }
        let records = self.live(Kind::Record);
        let arrays = self.live(Kind::Array);
        for _ in 0..1 + random.below(4) {
            if places.is_empty() {
                return;
            }
            let (address, holds) = random.pick(&places);
            match holds {
                Holds::Integers if class == LENGTH => {
                    self.put(address, CAPACITY - random.below(6) as u64)
                }
                Holds::Integers => self.put(address, random.int() as u64),
                Holds::Float => self.put(address, random.float().to_bits()),
                Holds::Record if random.chance(20) || records.is_empty() => self.put(address, 0),
                Holds::Record => self.put(address, random.pick(&records)),
                Holds::Array => self.put(address, random.pick(&arrays)),
                Holds::Storage => self.move_storage(address),
            }
        }
    }

    /// Moves the storage whose address is at `slot`: same content elsewhere, the old place freed.
    fn move_storage(&mut self, slot: u64) {
        if self.is_full() {
            return;
        }
        let old = self.get(slot);
        let Some(kind) = self.kind_at(old) else {
            return;
        };
        let new = self.object(kind);
        let (from, to) = ((old - BASE) as usize, (new - BASE) as usize);
        self.bytes.copy_within(from..from + STRIDE, to);
        self.put(slot, new);
        self.free(old);
    }

    fn free(&mut self, address: u64) {
        let index = Heap::index(address).expect("an object's address");
        self.objects[index].alive = false;
        let at = index * STRIDE;
        self.bytes[at..at + STRIDE].fill(0xdd);
    }

    /// Frees what `roots` do not reach.
    pub fn collect(&mut self, roots: impl IntoIterator<Item = u64>) {
        let marked = self.reached(roots);
        for (index, marked) in marked.into_iter().enumerate() {
            if !marked && self.objects[index].alive {
                self.free(Heap::address(index));
            }
        }
    }

    /// Which objects can be reached.
    fn reached(&self, roots: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut marked = vec![false; self.objects.len()];
        let mut grey: Vec<u64> = roots.into_iter().collect();
        while let Some(address) = grey.pop() {
            let Some(kind) = self.kind_at(address) else {
                continue;
            };
            let index = Heap::index(address).expect("an object's address");
            if std::mem::replace(&mut marked[index], true) {
                continue;
            }
            for field in kind.fields() {
                if !matches!(field.holds, Holds::Integers | Holds::Float) {
                    grey.push(self.get(address + u64::from(field.from)));
                }
            }
        }
        marked
    }
}
