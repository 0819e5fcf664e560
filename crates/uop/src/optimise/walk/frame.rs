//! Frame words in the walk: loads are what is known of the word, stores are pending until memory must be
//! right.

use super::Walk;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::optimise::pass::Pass;
use crate::optimise::words::Where;
use crate::types::Type;
use crate::uop::{Imm, Uop};
use smallvec::smallvec;

impl Walk<'_> {
    pub(in crate::optimise) fn load_word(&mut self, ty: Type, word: Word) -> Value {
        if let Some(value) = self.word(word) {
            if self.out.allow(Pass::Words, "forward") {
                return self.view(ty, value);
            }
            self.store_group(word);
        }
        let uop = Uop::new(Op::LoadWord, &[])
            .with_ty(ty)
            .with_imm(Imm::Word(word));
        let value = self.out.emit(uop);
        if self.out.runs(Pass::Words) {
            self.know.words.set_clean(word, value, Where::Loaded);
        }
        value
    }

    /// `value` read as `ty`: the same bits.
    pub(in crate::optimise) fn view(&mut self, ty: Type, value: Value) -> Value {
        match (self.out.ty(value), ty) {
            (from, to) if from == to => value,
            (Type::F64, Type::I64) => self.pure(Op::BitsOfF64, Type::I64, smallvec![value]),
            (Type::I64, Type::F64) => self.pure(Op::F64OfBits, Type::F64, smallvec![value]),
            (Type::Ref, Type::I64) => self.pure(Op::BitsOfRef, Type::I64, smallvec![value]),
            (Type::Ref, Type::F64) => {
                let bits = self.view(Type::I64, value);
                self.view(Type::F64, bits)
            }
            (from, to) => unreachable!("a word of type {from} is never read as {to}"),
        }
    }

    pub(super) fn store_word(&mut self, word: Word, value: Value) {
        if let Some((held, state)) = self.know.words.memory(word)
            && self.resolve(held) == value
            && self.out.allow(Pass::Words, "same_value")
        {
            return self.know.words.set_clean(word, held, state);
        }
        if self.out.allow(Pass::Words, "pending") {
            self.know.words.set_pending(word, value);
        } else {
            // The rest of its group must not be left behind in memory half written: it was
            // written by the same instruction, and goes out at the same time.
            self.emit_store(word, value);
        }
    }

    /// Stores a word; memory holds it from here on.
    fn emit_store(&mut self, word: Word, value: Value) {
        let value = self.materialised(value);
        let uop = Uop::new(Op::StoreWord, &[value]).with_imm(Imm::Word(word));
        self.out.emit(uop);
        self.know.words.set_clean(word, value, Where::Stored);
    }

    /// Stores what is pending in the group of `word`.
    fn store_group(&mut self, word: Word) {
        for word in self.source.interface.group_of(word) {
            if self.is_pending(word) {
                self.store_pending(word);
            }
        }
    }

    /// Stores every pending word.
    pub(in crate::optimise) fn store_all(&mut self) {
        self.store_where(|_| true);
    }

    /// Stores the pending words for which `wanted` holds.
    pub(in crate::optimise) fn store_where(&mut self, wanted: impl Fn(Word) -> bool) {
        let pending: Vec<Word> = self
            .know
            .words
            .pending()
            .map(|(word, _)| word)
            .filter(|&word| wanted(word))
            .collect();
        for word in pending {
            self.store_pending(word);
        }
    }

    fn store_pending(&mut self, word: Word) {
        let value = self.word(word).expect("a pending word is known");
        self.emit_store(word, value);
    }
}
