#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| leastwise_fuzz::parts::run(bytes));
