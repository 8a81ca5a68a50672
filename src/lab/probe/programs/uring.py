# Opens a file through io_uring before and after a filter on that ring denies it, then in the ordinary way.
# The numbers are those of linux/io_uring.h of 7.0.
import ctypes
import errno
import mmap
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
SETUP, ENTER, REGISTER = 425, 426, 427
OPENAT, NOP = 18, 0


def call(number, *words):
    result = libc.syscall(ctypes.c_long(number), *words)
    return result if result >= 0 else -ctypes.get_errno()


def named(result):
    return str(result) if result >= 0 else "%s (%d)" % (errno.errorcode.get(-result, "?"), -result)


class Ring:
    def __init__(self):
        params = (ctypes.c_uint32 * 30)()
        self.fd = call(SETUP, ctypes.c_long(4), ctypes.byref(params))
        if self.fd < 0:
            raise SystemExit("io_uring_setup: " + named(self.fd))
        self.sq, self.cq = params[10:20], params[20:30]
        size = max(self.cq[5] + params[1] * 16, self.sq[6] + params[0] * 4)
        self.rings = mmap.mmap(self.fd, size, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=0)
        self.entries = mmap.mmap(self.fd, params[0] * 64, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=0x10000000)
        self.count, self.tail = params[0], 0

    def word(self, at):
        return struct.unpack_from("I", self.rings, at)[0]

    def ask(self, operation, fd=-1, address=0, flags=0):
        slot = self.tail % self.count
        entry = struct.pack("<BBHiQQII", operation, 0, 0, fd, 0, address, 0, flags)
        self.entries[slot * 64:slot * 64 + 64] = entry.ljust(64, b"\0")
        struct.pack_into("I", self.rings, self.sq[6] + 4 * slot, slot)
        self.tail += 1
        struct.pack_into("I", self.rings, self.sq[1], self.tail)
        done = call(ENTER, ctypes.c_long(self.fd), ctypes.c_long(1), ctypes.c_long(1), ctypes.c_long(1), None, ctypes.c_long(0))
        if done < 0:
            return done
        head = self.word(self.cq[0])
        at = self.cq[5] + (head & self.word(self.cq[2])) * 16
        struct.pack_into("I", self.rings, self.cq[0], head + 1)
        return struct.unpack_from("<Qi", self.rings, at)[1]

    def deny(self, operation, described):
        # A classic BPF program of one instruction: return 0, which means no. `described`: bytes the kernel tells of this operation.
        program = ctypes.create_string_buffer(struct.pack("<HBBI", 6, 0, 0, 0), 8)
        request = struct.pack("<HHIIIIB3xQ40x", 1, 0, 0, operation, 0, 1, described, ctypes.addressof(program))
        return call(REGISTER, ctypes.c_long(self.fd), ctypes.c_long(37), ctypes.create_string_buffer(request), ctypes.c_long(1))


path = ctypes.create_string_buffer(b"/etc/hostname")
ring = Ring()


def through_ring():
    result = ring.ask(OPENAT, -100, ctypes.addressof(path))
    if result >= 0:
        os.close(result)
    return "opened" if result >= 0 else named(result)


print("before the filter, OPENAT by io_uring:", through_ring())
print("filter that denies OPENAT:", named(ring.deny(OPENAT, 24)))
print("after it, OPENAT by io_uring:", through_ring())
print("after it, NOP by io_uring:", named(ring.ask(NOP)))
os.close(os.open("/etc/hostname", os.O_RDONLY))
print("after it, openat(2) of the same program: opened")
